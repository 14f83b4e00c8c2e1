/** The last few metres that one car drove, newest place first. */

export const TRAIL_POINTS = 120;
export const TRAIL_WIDTH_M = 0.07;
const TRAIL_STEP_M = 0.03;
const TRAIL_BREAK_M = 0.8;

export class Trail {
  readonly xs: number[] = [];
  readonly ys: number[] = [];

  clear(): void {
    this.xs.length = this.ys.length = 0;
  }

  /** Adds the car's place; a leap starts a new trail. */
  add(x: number, y: number): void {
    const moved = Math.hypot(x - (this.xs[1] ?? x), y - (this.ys[1] ?? y));
    if (moved > TRAIL_BREAK_M) this.clear();
    // The first place is the car's own; it becomes one that stays once the car has left the one before.
    if (this.xs.length < 2 || moved >= TRAIL_STEP_M) {
      this.xs.unshift(x);
      this.ys.unshift(y);
      this.xs.length = this.ys.length = Math.min(this.xs.length, TRAIL_POINTS);
    }
    this.xs[0] = x;
    this.ys[0] = y;
  }

  /** The two edges of the band at a place of the trail: x and y left, x and y right. */
  edges(k: number): [number, number, number, number] {
    const before = Math.max(k - 1, 0);
    const after = Math.min(k + 1, this.xs.length - 1);
    const dx = (this.xs[before] ?? 0) - (this.xs[after] ?? 0);
    const dy = (this.ys[before] ?? 0) - (this.ys[after] ?? 0);
    const share = TRAIL_WIDTH_M / 2 / (Math.hypot(dx, dy) || 1);
    const [x, y] = [this.xs[k] ?? 0, this.ys[k] ?? 0];
    return [x - dy * share, y + dx * share, x + dy * share, y - dx * share];
  }
}

/** How strong the trail still is at a place of it, 0 to 1. */
export function trailAlpha(k: number): number {
  return 0.6 * (1 - k / (TRAIL_POINTS - 1)) ** 1.5;
}
