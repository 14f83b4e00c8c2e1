// A click on a note that a technique put in or took away; a drag from there does nothing. Null beside such notes, where
// a drag moves the roll.
import { type Changes, changedAt } from "../changes";
import type { RollNote } from "../document";
import type { Gesture, Point } from "./gesture";

export function tapChange(
  trial: { changes: Changes; press(note: RollNote): void },
  at: Point,
): Gesture | null {
  const note = changedAt(trial.changes, at.tick, at.pitch);
  if (!note) return null;
  let here = true;
  return {
    move(point) {
      here = changedAt(trial.changes, point.tick, point.pitch) === note;
    },
    end() {
      if (here) trial.press(note);
    },
    cancel() {},
  };
}
