// Rubs out every note that the pointer passes over, as one step.
import { deleteNotes } from "../edits";
import { noteAt } from "../visible";
import type { Gesture, Hand, Point } from "./gesture";

export function eraseNotes(hand: Hand, at: Point): Gesture {
  const { track, score } = hand;
  const gone = new Set<number>();
  const rub = (point: Point) => {
    const note = noteAt(track.notes, point.tick, point.pitch);
    if (note) gone.add(note.id);
    hand.preview(deleteNotes(score, track.id, gone));
  };
  rub(at);
  return {
    move: rub,
    end() {
      hand.commit("Erase notes", deleteNotes(score, track.id, gone));
    },
    cancel() {
      hand.preview([]);
    },
  };
}
