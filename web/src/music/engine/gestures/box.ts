// Selects what a box touches; with shift, on top of what was selected.
import { notesIn } from "../edits";
import type { Gesture, Hand, Point } from "./gesture";

export function boxSelect(hand: Hand, at: Point): Gesture {
  const before = at.adding ? hand.selection : new Set<number>();
  const old = hand.selection;
  let moved = false;
  return {
    move(point) {
      moved = true;
      const box = {
        from: Math.min(at.tick, point.tick),
        to: Math.max(at.tick, point.tick),
        low: Math.min(at.pitch, point.pitch),
        high: Math.max(at.pitch, point.pitch),
      };
      hand.setBox(box);
      hand.select(new Set([...before, ...notesIn(hand.track, box)]));
    },
    end() {
      hand.setBox(null);
      if (!moved) hand.select(before);
    },
    cancel() {
      hand.setBox(null);
      hand.select(old);
    },
  };
}
