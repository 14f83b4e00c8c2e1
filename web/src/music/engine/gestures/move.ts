// Drags the selected notes in time and pitch. With control or command held at the start, a copy is dragged instead.

import type { RollNote } from "../document";
import { addNotes, chosen, moveNotes } from "../edits";
import { applyPatches, type Patch } from "../history";
import type { Gesture, Hand, Point } from "./gesture";

export function moveSelection(hand: Hand, at: Point, grabbed: RollNote): Gesture {
  const copy = at.copying ? addNotes(hand.track.id, chosen(hand.track, hand.selection)) : null;
  const base = copy ? applyPatches(hand.score, copy.patches) : hand.score;
  const ids = copy?.ids ?? hand.selection;
  const origin = hand.score;
  let moved: readonly Patch[] = [];
  let heard = grabbed.pitch;
  if (!grabbed.pinned) hand.hear(grabbed.pitch, grabbed.velocity);
  return {
    move(point) {
      const target = hand.snap(grabbed.onset + point.tick - at.tick, point.free);
      const far = Math.abs(point.tick - at.tick) > hand.slack;
      const step = moveNotes(
        base,
        hand.track.id,
        ids,
        far ? target - grabbed.onset : 0,
        point.pitch - at.pitch,
      );
      moved = step.length ? [...(copy?.patches ?? []), ...step] : [];
      const pitch = grabbed.pitch + point.pitch - at.pitch;
      if (pitch !== heard && pitch >= 0 && pitch <= 127 && !grabbed.pinned)
        hand.hear(pitch, grabbed.velocity);
      heard = pitch;
      hand.preview(moved);
    },
    end() {
      if (moved.length && applyPatches(origin, moved) !== origin)
        hand.commit(copy ? "Copy notes" : "Move notes", moved);
      if (copy && moved.length) hand.select(copy.ids);
    },
    cancel() {
      hand.preview([]);
    },
  };
}
