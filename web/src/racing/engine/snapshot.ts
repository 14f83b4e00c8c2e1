/**
 * The live snapshot of a run as the studio sends it, little-endian: a header of 64 bytes, eight float32 a car, and the
 * grey picture of the focus car's camera.
 */
import { FIELDS } from "./fleet";

export type Phase = "training" | "updating" | "evaluating" | "finished";
const PHASES: readonly Phase[] = ["training", "updating", "evaluating", "finished"];

export interface Snapshot {
  seq: number;
  simTimeS: number;
  iteration: number;
  phase: Phase;
  totalSteps: number;
  stepsPerS: number;
  focusCar: number;
  count: number;
  cars: Float32Array; // (count, 8)
  cameraWidth: number;
  cameraHeight: number;
  camera: Uint8Array; // (height * width,) grey
}

const HEADER_BYTES = 64;
const MAGIC = 0x4c565254; // "TRVL" read as a little-endian number
const VERSION = 1;

/** Reads one message; null where it is no whole snapshot (too short, another version, caught half-written). */
export function parseSnapshot(buffer: ArrayBuffer): Snapshot | null {
  if (buffer.byteLength < HEADER_BYTES) return null;
  const header = new DataView(buffer, 0, HEADER_BYTES);
  const u32 = (offset: number) => header.getUint32(offset, true);
  const seq = u32(8);
  if (u32(0) !== MAGIC || u32(4) !== VERSION || seq % 2 === 1) return null;
  const count = u32(12);
  const cameraWidth = u32(36);
  const cameraHeight = u32(40);
  const cameraAt = HEADER_BYTES + count * FIELDS * 4;
  if (buffer.byteLength < cameraAt + cameraWidth * cameraHeight) return null;
  return {
    seq,
    simTimeS: header.getFloat64(16, true),
    iteration: u32(24),
    phase: PHASES[u32(28)] ?? "training",
    totalSteps: u32(32),
    stepsPerS: header.getFloat32(48, true),
    focusCar: Math.min(u32(44), Math.max(count - 1, 0)),
    count,
    // Every machine with a browser is little-endian, so the floats can be read in place.
    cars: new Float32Array(buffer, HEADER_BYTES, count * FIELDS),
    cameraWidth,
    cameraHeight,
    camera: new Uint8Array(buffer, cameraAt, cameraWidth * cameraHeight),
  };
}
