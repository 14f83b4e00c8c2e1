// Which gesture a pointer begins, from the tool, the place and the note under it.
import type { RollNote } from "../document";
import { eachBetween } from "../visible";
import { boxSelect } from "./box";
import { drawNote } from "./draw";
import { eraseNotes } from "./erase";
import { type Gesture, type Hand, noteEnd, type Point } from "./gesture";
import { moveSelection } from "./move";
import { resizeSelection } from "./resize";

export type Tool = "draw" | "select" | "erase";

export interface Hit {
  note: RollNote;
  part: "start" | "body" | "end";
}

/** The note under a point, a little beyond its end included, and which part of it. */
export function hitAt(hand: Pick<Hand, "track" | "slack">, tick: number, pitch: number): Hit | null {
  let found: RollNote | null = null;
  eachBetween(hand.track.notes, tick - hand.slack / 2, tick + 1, (note) => {
    if (note.pitch === pitch && note.onset <= tick) found = note;
  });
  if (!found) return null;
  const note: RollNote = found;
  // The edges of a short note take a third of it each, so that its middle can still be grabbed.
  const edge = Math.min(hand.slack, note.length / 3);
  if (tick >= noteEnd(note) - edge) return { note, part: "end" };
  return { note, part: tick < note.onset + edge / 2 ? "start" : "body" };
}

export function beginInGrid(hand: Hand, tool: Tool, at: Point): Gesture {
  if (tool === "erase") return eraseNotes(hand, at);
  const hit = hitAt(hand, at.tick, at.pitch);
  if (!hit) return tool === "draw" && !at.adding ? drawNote(hand, at) : boxSelect(hand, at);
  if (at.adding) {
    const next = new Set(hand.selection);
    if (!next.delete(hit.note.id)) next.add(hit.note.id);
    hand.select(next);
    return { move() {}, end() {}, cancel() {} };
  }
  if (!hand.selection.has(hit.note.id)) hand.select(new Set([hit.note.id]));
  if (hit.part === "body" || hit.note.pinned) return moveSelection(hand, at, hit.note);
  return resizeSelection(hand, at, hit.note, hit.part);
}
