/**
 * A car's pose between two known moments.
 * Positions follow a cubic Hermite curve whose end directions are the car's headings: between snapshots that lie far
 * apart a car then drives round a bend and doesn't cut it.
 */
import {
  FIELDS,
  FLAG,
  FLAG_DRIVING,
  FLAG_LAP_COMPLETE,
  FLAG_OFF_TRACK,
  PROGRESS_PCT,
  SPEED_MPS,
  STEER_DEG,
  X,
  Y,
  YAW_RAD,
} from "./fleet";
import { at, wrapAngle } from "./geometry";

const FARTHEST_GLIDE_M = 2;
const PROGRESS_DROP_PCT = 3;

/** True where a car was put somewhere else (a new episode, a reset), so that drawing it in between would be a lie. */
export function isTeleport(
  from: ArrayLike<number>,
  to: ArrayLike<number>,
  index: number,
  simDtS: number,
): boolean {
  const o = index * FIELDS;
  const before = at(from, o + FLAG);
  if (at(to, o + FLAG) === FLAG_DRIVING && (before === FLAG_OFF_TRACK || before === FLAG_LAP_COMPLETE))
    return true;
  if (at(to, o + PROGRESS_PCT) < at(from, o + PROGRESS_PCT) - PROGRESS_DROP_PCT) return true;
  const moved = Math.hypot(at(to, o + X) - at(from, o + X), at(to, o + Y) - at(from, o + Y));
  const speed = Math.max(at(from, o + SPEED_MPS), at(to, o + SPEED_MPS), 1);
  return moved > Math.min(FARTHEST_GLIDE_M, 0.3 + 1.6 * speed * Math.max(simDtS, 0));
}

/** Writes car `index` at share `u` (0..1) of the way from one row to the next into `out` at row `outIndex`. */
export function blendPose(
  from: ArrayLike<number>,
  to: ArrayLike<number>,
  index: number,
  u: number,
  out: Float32Array,
  outIndex = index,
): void {
  const o = index * FIELDS;
  const p = outIndex * FIELDS;
  for (let field = 0; field < FIELDS; field++) out[p + field] = at(u < 1 ? from : to, o + field);
  if (u <= 0 || u >= 1) return;
  const x0 = at(from, o + X);
  const y0 = at(from, o + Y);
  const x1 = at(to, o + X);
  const y1 = at(to, o + Y);
  const yaw0 = at(from, o + YAW_RAD);
  const turn = wrapAngle(at(to, o + YAW_RAD) - yaw0);
  const chord = Math.hypot(x1 - x0, y1 - y0);
  // A car that slides or turns on the spot has no path along its headings: a straight line is the honest guess.
  const along = Math.cos(yaw0) * (x1 - x0) + Math.sin(yaw0) * (y1 - y0);
  const bent = Math.abs(turn) < 2 && along > 0.5 * chord;
  const yaw1 = yaw0 + turn;
  out[p + X] = bent ? hermite(x0, x1, chord * Math.cos(yaw0), chord * Math.cos(yaw1), u) : x0 + (x1 - x0) * u;
  out[p + Y] = bent ? hermite(y0, y1, chord * Math.sin(yaw0), chord * Math.sin(yaw1), u) : y0 + (y1 - y0) * u;
  out[p + YAW_RAD] = wrapAngle(yaw0 + turn * u);
  for (const field of [SPEED_MPS, STEER_DEG, PROGRESS_PCT]) {
    out[p + field] = at(from, o + field) + (at(to, o + field) - at(from, o + field)) * u;
  }
}

function hermite(p0: number, p1: number, m0: number, m1: number, u: number): number {
  const u2 = u * u;
  const u3 = u2 * u;
  return (2 * u3 - 3 * u2 + 1) * p0 + (u3 - 2 * u2 + u) * m0 + (3 * u2 - 2 * u3) * p1 + (u3 - u2) * m1;
}
