// Draws a new note where there is none: down sets it, dragging to the right makes it longer.
import { addNotes } from "../edits";
import { applyPatches, type Patch } from "../history";
import type { Gesture, Hand, Point } from "./gesture";

export function drawNote(hand: Hand, at: Point): Gesture {
  const onset = hand.snap(at.tick, at.free, Math.floor);
  const least = hand.grid > 0 && !at.free ? hand.grid : 30;
  let length = hand.noteLength;
  const made = addNotes(hand.track.id, [{ onset, length, pitch: at.pitch, velocity: 90 }]);
  const born = made.patches[0] as Extract<Patch, { kind: "notes" }>;
  let pitch = at.pitch;
  let dragged = false;
  const patches = (): Patch[] => [
    {
      ...born,
      added: born.added.map((note) => ({ ...note, length, pitch: Math.min(127, Math.max(0, pitch)) })),
    },
  ];
  hand.hear(at.pitch, 90);
  hand.preview(patches());
  return {
    move(point) {
      if (!dragged && Math.abs(point.tick - at.tick) < hand.slack && point.pitch === pitch) return;
      if (point.tick - at.tick > hand.slack || dragged) {
        dragged = true;
        length = Math.max(least, hand.snap(point.tick, point.free, Math.ceil) - onset);
      }
      if (!dragged && point.pitch !== pitch) hand.hear(point.pitch, 90);
      if (!dragged) pitch = point.pitch;
      hand.preview(patches());
    },
    end() {
      if (applyPatches(hand.score, patches()) !== hand.score) hand.commit("Draw note", patches());
      hand.noteLength = length;
      hand.select(made.ids);
    },
    cancel() {
      hand.preview([]);
    },
  };
}
