/**
 * Keeps pictures coming fast enough: lowers the drawing resolution where the machine is slow, raises it again carefully.
 * It looks only at the time between pictures while something moves.
 */

const STEPS = [0.6, 0.8, 1, 1.25, 1.5, 2];
const WINDOW = 24;
const SLOW_WINDOW_MS = 1200; // a slow machine isn't made to draw 24 pictures before it is helped
const SLOW_MS = 38;
const PAUSE_MS = 2500;
const FAST_MS = 19;
const CALM_WINDOWS = 8; // fast windows in a row before trying a higher resolution again

export class PixelRatioGovernor {
  ratio: number;
  private ceiling: number;
  private sumMs = 0;
  private samples = 0;
  private calm = 0;

  constructor(deviceRatio: number, first = deviceRatio) {
    this.ceiling = Math.min(Math.max(deviceRatio, 0.5), 2);
    this.ratio = Math.min(first, this.ceiling);
  }

  /** Takes the time since the previous picture; true when the ratio has changed. */
  add(intervalMs: number): boolean {
    if (intervalMs > PAUSE_MS) return false; // asleep, not slow
    this.sumMs += intervalMs;
    this.samples++;
    const enough = this.samples >= WINDOW || (this.samples >= 4 && this.sumMs > SLOW_WINDOW_MS);
    if (!enough) return false;
    const mean = this.sumMs / this.samples;
    this.sumMs = 0;
    this.samples = 0;
    if (mean > SLOW_MS) return this.lower();
    this.calm = mean < FAST_MS ? this.calm + 1 : 0;
    return this.calm >= CALM_WINDOWS ? this.raise() : false;
  }

  private lower(): boolean {
    this.calm = 0;
    const next = [...STEPS].reverse().find((step) => step < this.ratio);
    if (next === undefined) return false;
    // What was too much once is not tried again: no see-saw between two sizes.
    this.ceiling = Math.min(this.ceiling, this.ratio - 0.01);
    this.ratio = next;
    return true;
  }

  private raise(): boolean {
    this.calm = 0;
    const next = STEPS.find((step) => step > this.ratio && step <= this.ceiling);
    if (next === undefined) return false;
    this.ratio = next;
    return true;
  }
}
