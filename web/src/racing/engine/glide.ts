/**
 * Smooths a stream of snapshots into motion: keeps the last few, plays them a little late on an even clock, and blends
 * the poses in between. Snapshots may arrive unevenly; cars still move evenly.
 */
import { emptyFrame, type FleetFrame, resizeFrame } from "./fleet";
import { blendPose, isTeleport } from "./pose";
import type { Snapshot } from "./snapshot";

interface Keyframe {
  playMs: number;
  snapshot: Snapshot;
  teleports: Uint8Array; // (count,) 1 where the car did not drive here from the keyframe before
}

const KEPT = 6;
const LATE = 1.3; // playing behind by this many intervals hides late arrivals
const SHORTEST_MS = 16;
const LONGEST_MS = 400;

export class Glide {
  private readonly keyframes: Keyframe[] = [];
  private readonly frame: FleetFrame = emptyFrame();
  private intervalMs = 50;
  private lastArrivalMs = Number.NaN;

  get newest(): Snapshot | null {
    return this.keyframes[this.keyframes.length - 1]?.snapshot ?? null;
  }

  push(snapshot: Snapshot, arrivalMs: number): void {
    const last = this.keyframes[this.keyframes.length - 1];
    let playMs = arrivalMs;
    if (last) {
      const gap = arrivalMs - this.lastArrivalMs;
      if (gap > 4 * this.intervalMs + 150) {
        // After a pause (the network is being updated) start gliding now, as if the last picture had just been taken.
        last.playMs = arrivalMs - this.intervalMs;
      } else {
        this.intervalMs = clamp(this.intervalMs + 0.1 * (gap - this.intervalMs), SHORTEST_MS, LONGEST_MS);
        const expected = last.playMs + this.intervalMs;
        playMs = Math.max(expected + 0.2 * (arrivalMs - expected), last.playMs + 1);
      }
    }
    this.lastArrivalMs = arrivalMs;
    this.keyframes.push({ playMs, snapshot, teleports: teleports(last?.snapshot, snapshot) });
    if (this.keyframes.length > KEPT) this.keyframes.shift();
  }

  /** The cars as they should be drawn at `nowMs`, on the same clock as the arrivals. */
  sample(nowMs: number): FleetFrame {
    const frame = this.frame;
    const newest = this.keyframes[this.keyframes.length - 1];
    if (!newest) return frame;
    const playMs = nowMs - LATE * this.intervalMs;
    let next = this.keyframes.length - 1;
    while (next > 0 && (this.keyframes[next - 1]?.playMs ?? 0) > playMs) next--;
    const to = this.keyframes[next] ?? newest;
    const from = this.keyframes[next - 1] ?? to;
    frame.moving = playMs < newest.playMs;
    const span = to.playMs - from.playMs;
    const u = span > 0 ? clamp((playMs - from.playMs) / span, 0, 1) : 1;
    const count = u < 1 ? from.snapshot.count : to.snapshot.count;
    resizeFrame(frame, count);
    for (let car = 0; car < count; car++) {
      const glides = from.snapshot.count === to.snapshot.count && to.teleports[car] === 0;
      blendPose(from.snapshot.cars, to.snapshot.cars, car, glides ? u : Math.floor(u), frame.cars);
    }
    return frame;
  }
}

function teleports(from: Snapshot | undefined, to: Snapshot): Uint8Array {
  const result = new Uint8Array(to.count);
  if (!from || from.count !== to.count) return result.fill(1);
  const simDtS = to.simTimeS - from.simTimeS;
  for (let car = 0; car < to.count; car++) result[car] = isTeleport(from.cars, to.cars, car, simDtS) ? 1 : 0;
  return result;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
