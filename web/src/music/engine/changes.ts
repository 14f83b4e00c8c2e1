// What a technique did, drawn over the notes: what came is filled and has a plus, what went is hollow, dashed and struck
// through, so that nobody has to tell two colours apart. The newest event has a frame of its own.

import { end, type RollNote } from "./document";
import { gridHeight, type Layout, type Palette } from "./scene";
import type { KeyTransform, TickTransform } from "./transform";
import { eachBetween } from "./visible";

export interface Changes {
  /** Sorted by onset. */
  readonly came: readonly RollNote[];
  readonly went: readonly RollNote[];
  /** The ids of the notes that the newest event, or the chosen one, brought or took. */
  readonly now: ReadonlySet<number>;
}

interface Frame {
  layout: Layout;
  ticks: TickTransform;
  keys: KeyTransform;
  palette: Palette;
}

type Pen = CanvasRenderingContext2D;
interface Spot {
  x: number;
  y: number;
  wide: number;
  tall: number;
}

/** With more than so many in sight they are too small for signs. */
const MOST_DETAILED = 1500;
const ROOM_FOR_SIGN = 11;
const ROOM_FOR_LINE = 12;

/** Draws inside the grid, whose corner is the origin. Says how many notes it drew. */
export function drawChanges(pen: Pen, frame: Frame, changes: Changes): number {
  const went = inSight(frame, changes.went);
  const came = inSight(frame, changes.came);
  const detailed = went.length + came.length < MOST_DETAILED;
  pen.lineWidth = 1.5;
  pen.strokeStyle = frame.palette.removed;
  pen.fillStyle = frame.palette.removed;
  for (const note of went) goneNote(pen, spotOf(frame, note), detailed);
  for (const note of came) newNote(pen, frame.palette, spotOf(frame, note), detailed);
  pen.strokeStyle = frame.palette.strong;
  pen.lineWidth = 2;
  for (const notes of [went, came]) {
    for (const note of notes) if (changes.now.has(note.id)) around(pen, spotOf(frame, note));
  }
  pen.lineWidth = 1;
  return went.length + came.length;
}

function inSight({ layout, ticks, keys }: Frame, notes: readonly RollNote[]): RollNote[] {
  const low = keys.pitch(gridHeight(layout));
  const high = keys.pitch(0);
  const seen: RollNote[] = [];
  eachBetween(notes, ticks.tick(0), ticks.tick(layout.width), (note) => {
    if (note.pitch >= low && note.pitch <= high) seen.push(note);
  });
  return seen;
}

function spotOf({ ticks, keys }: Frame, note: RollNote): Spot {
  const wide = Math.max(3, note.length * ticks.pixelsPerTick - 1);
  return { x: ticks.x(note.onset), y: keys.y(note.pitch), wide, tall: keys.keyHeight - 1 };
}

function newNote(pen: Pen, palette: Palette, { x, y, wide, tall }: Spot, detailed: boolean): void {
  pen.fillStyle = palette.added;
  if (!detailed || wide < 6) {
    pen.fillRect(x, y, wide, tall);
    return;
  }
  pen.beginPath();
  pen.roundRect(x, y, wide, tall, 3);
  pen.fill();
  if (tall >= ROOM_FOR_LINE) {
    pen.strokeStyle = palette.background;
    pen.lineWidth = 1;
    pen.strokeRect(x + 1.5, y + 1.5, wide - 3, tall - 3);
  }
  if (wide < ROOM_FOR_SIGN || tall < 8) return;
  const middle = { x: x + 6.5, y: y + tall / 2 };
  pen.fillStyle = palette.background;
  pen.fillRect(middle.x - 3, middle.y - 0.75, 6, 1.5);
  pen.fillRect(middle.x - 0.75, middle.y - 3, 1.5, 6);
}

function goneNote(pen: Pen, { x, y, wide, tall }: Spot, detailed: boolean): void {
  if (!detailed) {
    pen.fillRect(x, y + tall / 2 - 1, wide, 2);
    return;
  }
  pen.setLineDash([3, 2]);
  pen.strokeRect(x + 1, y + 1, Math.max(1, wide - 2), tall - 2);
  pen.setLineDash([]);
  pen.fillRect(x, y + tall / 2 - 0.75, wide, 1.5);
}

function around(pen: Pen, { x, y, wide, tall }: Spot): void {
  pen.strokeRect(x - 1.5, y - 1.5, wide + 3, tall + 3);
}

/** The note under a point: one that came before one that went, as it is drawn. */
export function changedAt(changes: Changes, tick: number, pitch: number): RollNote | null {
  const hit = (notes: readonly RollNote[]) =>
    notes.findLast((note) => note.pitch === pitch && note.onset <= tick && tick < end(note)) ?? null;
  return hit(changes.came) ?? hit(changes.went);
}
