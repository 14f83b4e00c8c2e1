// Paints velocities: every note that the pointer passes gets the height of the pointer. Where notes are selected, only
// those are painted.
import { setVelocity } from "../edits";
import { eachBetween } from "../visible";
import type { Gesture, Hand, Point } from "./gesture";

export function paintVelocity(hand: Hand, at: Point): Gesture {
  const { track, score, selection } = hand;
  const painted = new Map<number, number>();
  let last = at;
  const patches = () =>
    setVelocity(score, track.id, new Set(painted.keys()), (note) => painted.get(note.id) ?? 0);
  const paint = (point: Point) => {
    const [left, right] = last.tick < point.tick ? [last, point] : [point, last];
    const wide = right.tick - left.tick;
    eachBetween(track.notes, left.tick - hand.slack, right.tick + hand.slack, (note) => {
      if (note.onset < left.tick - hand.slack || note.onset > right.tick + hand.slack) return;
      if (selection.size > 0 && !selection.has(note.id)) return;
      // Between two places of a quick hand the velocity runs in a straight line.
      const along = wide > 0 ? Math.min(1, Math.max(0, (note.onset - left.tick) / wide)) : 1;
      const share = wide > 0 ? left.share + (right.share - left.share) * along : point.share;
      painted.set(note.id, Math.round(1 + 126 * share));
    });
    last = point;
    hand.preview(patches());
  };
  paint(at);
  return {
    move: paint,
    end() {
      hand.commit("Change velocity", patches());
    },
    cancel() {
      hand.preview([]);
    },
  };
}
