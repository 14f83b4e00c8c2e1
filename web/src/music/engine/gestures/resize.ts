// Drags the edge of a note; every other selected note grows or shrinks by as much.
import type { RollNote } from "../document";
import { resizeNotes } from "../edits";
import type { Patch } from "../history";
import { type Gesture, type Hand, noteEnd, type Point } from "./gesture";

export function resizeSelection(hand: Hand, at: Point, grabbed: RollNote, side: "start" | "end"): Gesture {
  const edge = side === "end" ? noteEnd(grabbed) : grabbed.onset;
  const shortest = hand.grid > 0 ? hand.grid : 30;
  let patches: readonly Patch[] = [];
  return {
    move(point) {
      const target = hand.snap(edge + point.tick - at.tick, point.free);
      patches = resizeNotes(
        hand.score,
        hand.track.id,
        hand.selection,
        target - edge,
        side,
        point.free ? 1 : shortest,
      );
      hand.preview(patches);
    },
    end() {
      if (patches.length === 0) return;
      hand.commit("Change length", patches);
      const now = hand.track.notes.find((note) => note.id === grabbed.id);
      if (now) hand.noteLength = now.length;
    },
    cancel() {
      hand.preview([]);
    },
  };
}
