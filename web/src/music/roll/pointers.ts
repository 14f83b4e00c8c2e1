// Fingers, pen and mouse on the roll: one pointer begins a gesture, a second one turns it into panning and pinching.
import type { Gesture } from "../engine/gestures/gesture";

export interface Spot {
  x: number;
  y: number;
}

export interface PointerTarget {
  /** Null where a press there does nothing. */
  begin(
    event: PointerEvent,
    spot: Spot,
  ): { gesture: Gesture; move(event: PointerEvent, spot: Spot): void } | null;
  pan(dx: number, dy: number): void;
  pinch(factor: number, x: number): void;
}

export class Pointers {
  private readonly down = new Map<number, Spot>();
  private running: ReturnType<PointerTarget["begin"]> = null;

  constructor(
    private readonly element: HTMLElement,
    private readonly target: PointerTarget,
  ) {}

  private spot(event: PointerEvent): Spot {
    const frame = this.element.getBoundingClientRect();
    return { x: event.clientX - frame.left, y: event.clientY - frame.top };
  }

  get busy(): boolean {
    return this.running !== null;
  }

  press(event: PointerEvent): void {
    if (event.pointerType === "mouse" && event.button > 1) return;
    this.element.setPointerCapture(event.pointerId);
    this.down.set(event.pointerId, this.spot(event));
    if (this.down.size > 1 || event.button === 1) {
      this.running?.gesture.cancel();
      this.running = null;
      return;
    }
    this.running = this.target.begin(event, this.spot(event));
  }

  move(event: PointerEvent): void {
    const before = this.down.get(event.pointerId);
    if (!before) return;
    const now = this.spot(event);
    if (this.running) {
      this.running.move(event, now);
    } else {
      const other = [...this.down].find(([id]) => id !== event.pointerId)?.[1];
      if (other) this.spread(before, now, other);
      else this.target.pan(before.x - now.x, before.y - now.y);
    }
    this.down.set(event.pointerId, now);
  }

  /** Two fingers: half of the way pans, the change of their distance zooms. */
  private spread(before: Spot, now: Spot, other: Spot): void {
    this.target.pan((before.x - now.x) / 2, (before.y - now.y) / 2);
    const was = Math.abs(before.x - other.x);
    const is = Math.abs(now.x - other.x);
    if (was > 24 && is > 24) this.target.pinch(is / was, (now.x + other.x) / 2);
  }

  release(event: PointerEvent): void {
    if (!this.down.delete(event.pointerId)) return;
    this.running?.gesture.end();
    this.running = null;
  }

  cancel(event: PointerEvent): void {
    this.down.delete(event.pointerId);
    this.stop();
  }

  /** Lets the gesture go without effect, as Escape does. */
  stop(): void {
    this.running?.gesture.cancel();
    this.running = null;
  }
}
