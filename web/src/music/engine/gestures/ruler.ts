// On the ruler: a press goes there, a drag sets the loop.
import type { Gesture, Hand, Point } from "./gesture";

export function setLoopOrSeek(hand: Hand, at: Point): Gesture {
  let dragged = false;
  const from = at.tick;
  return {
    move(point) {
      if (!dragged && Math.abs(point.tick - from) < hand.slack * 2) return;
      dragged = true;
      const low = hand.snap(Math.min(from, point.tick), point.free, Math.floor);
      const high = hand.snap(Math.max(from, point.tick), point.free, Math.ceil);
      if (high > low) hand.setLoop({ start: low, end: high });
    },
    end() {
      if (!dragged) hand.seek(hand.snap(from, at.free));
    },
    cancel() {},
  };
}
