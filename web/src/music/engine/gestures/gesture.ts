// What a pointer does between down and up. Each kind of gesture is one file and one function that begins it.
import type { RollNote, Score, Track } from "../document";
import type { Ids } from "../edits";
import type { Patch } from "../history";
import type { Box } from "../overlay";
import type { Loop } from "../scheduler";

export interface Point {
  /** Exact, not yet on the grid; may lie outside the score. */
  tick: number;
  pitch: number;
  /** 0 to 1 from the bottom of the velocity lane upwards. */
  share: number;
  /** Alt: pay no heed to the grid. */
  free: boolean;
  /** Shift: add to the selection. */
  adding: boolean;
  /** Control or command: copy what is dragged. */
  copying: boolean;
}

export interface Gesture {
  move(point: Point): void;
  end(): void;
  cancel(): void;
}

/** What gestures may see and do. Whatever is previewed is only shown; `commit` makes it a step that can be undone. */
export interface Hand {
  readonly score: Score;
  readonly track: Track;
  readonly selection: Ids;
  readonly grid: number;
  /** Length that a new note gets. */
  noteLength: number;
  /** Ticks that a few pixels are worth, for what is too near to tell apart. */
  readonly slack: number;
  select(ids: Ids): void;
  preview(patches: readonly Patch[]): void;
  commit(label: string, patches: readonly Patch[]): void;
  hear(pitch: number, velocity: number): void;
  setBox(box: Box | null): void;
  setLoop(loop: Loop | null): void;
  seek(tick: number): void;
  snap(tick: number, free: boolean, round?: (x: number) => number): number;
}

export const noteEnd = (note: RollNote): number => note.onset + note.length;
