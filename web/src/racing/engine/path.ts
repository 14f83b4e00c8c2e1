/** A driven path with its speeds, and the pieces of it that can be drawn as lines. */
import { at, type Point } from "./geometry";
import type { ReplayTrial } from "./replay";

export interface SpeedPath {
  points: [number, number][];
  speedMps: number[];
}

export function pathOf(trial: ReplayTrial | undefined): SpeedPath {
  if (!trial) return { points: [], speedMps: [] };
  const n = Math.min(trial.x.length, trial.y.length);
  return {
    points: Array.from({ length: n }, (_, k) => [at(trial.x, k), at(trial.y, k)] as [number, number]),
    speedMps: Array.from({ length: n }, (_, k) => trial.speed[k] ?? 0),
  };
}

/** Slowest and fastest of the speeds. */
export function speedRange(speedMps: readonly number[]): [number, number] {
  let [slow, fast] = [Number.POSITIVE_INFINITY, 0];
  for (const speed of speedMps) {
    slow = Math.min(slow, speed);
    fast = Math.max(fast, speed);
  }
  return [Math.min(slow, fast), fast];
}

const LEAP_M = 0.8;

/** Index ranges [from, to) of a path without leaps; runs of a single point are dropped. */
export function unbrokenRuns(points: readonly Point[]): [number, number][] {
  const runs: [number, number][] = [];
  let from = 0;
  for (let k = 1; k <= points.length; k++) {
    const [a, b] = [points[k - 1], points[k]];
    const leap = !a || !b || Math.hypot((b[0] ?? 0) - (a[0] ?? 0), (b[1] ?? 0) - (a[1] ?? 0)) > LEAP_M;
    if (!leap) continue;
    if (k - from > 1) runs.push([from, k]);
    from = k;
  }
  return runs;
}
