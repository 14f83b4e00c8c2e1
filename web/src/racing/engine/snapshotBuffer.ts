/** Writes a live snapshot as the studio does, for tests: the reading side's independent counterpart. */
import { FIELDS } from "./fleet";

export interface SampleSnapshot {
  seq?: number;
  simTimeS?: number;
  iteration?: number;
  phase?: number;
  totalSteps?: number;
  focusCar?: number;
  stepsPerS?: number;
  cars: readonly (readonly number[])[];
  camera?: { width: number; height: number; grey: number };
}

export function snapshotBuffer(sample: SampleSnapshot): ArrayBuffer {
  const { cars, camera = { width: 0, height: 0, grey: 0 } } = sample;
  const buffer = new ArrayBuffer(64 + cars.length * FIELDS * 4 + camera.width * camera.height);
  const view = new DataView(buffer);
  [0x54, 0x52, 0x56, 0x4c].forEach((byte, k) => {
    view.setUint8(k, byte);
  });
  const words = [1, sample.seq ?? 2, cars.length];
  words.forEach((word, k) => {
    view.setUint32(4 + 4 * k, word, true);
  });
  view.setFloat64(16, sample.simTimeS ?? 0, true);
  const counters = [
    sample.iteration,
    sample.phase,
    sample.totalSteps,
    camera.width,
    camera.height,
    sample.focusCar,
  ];
  counters.forEach((word, k) => {
    view.setUint32(24 + 4 * k, word ?? 0, true);
  });
  view.setFloat32(48, sample.stepsPerS ?? 0, true);
  cars.flat().forEach((value, k) => {
    view.setFloat32(64 + 4 * k, value, true);
  });
  new Uint8Array(buffer, 64 + cars.length * FIELDS * 4).fill(camera.grey);
  return buffer;
}
