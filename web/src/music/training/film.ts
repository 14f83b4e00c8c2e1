// The picture of a sample: notes in a frame that is the same for every checkpoint, so that only the music moves.
import type { Composition } from "@/api/music";

export interface Frame {
  low: number;
  high: number;
  end: number;
}

export interface Bar {
  x: number;
  y: number;
  width: number;
  height: number;
  part: number;
  /** Was there before the model wrote anything. */
  isGiven: boolean;
}

const BAR_TICKS = 1920;
const LEAST_SPAN = 24;

type Notes = readonly { onset: number; pitch: number; length: number }[];
const notesOf = (piece: Composition): Notes => (piece.parts ?? []).flatMap((part) => part.notes ?? []);

/** Room for all of these pieces: whole bars, and two octaves at least. */
export function frameOf(pieces: readonly Composition[]): Frame {
  let [low, high, end] = [127, 0, BAR_TICKS];
  for (const piece of pieces) {
    for (const note of notesOf(piece)) {
      low = Math.min(low, note.pitch);
      high = Math.max(high, note.pitch);
      end = Math.max(end, note.onset + note.length);
    }
  }
  if (low > high) [low, high] = [60, 60];
  const more = Math.max(0, LEAST_SPAN - (high - low));
  return {
    low: low - Math.ceil(more / 2) - 1,
    high: high + Math.floor(more / 2) + 1,
    end: Math.ceil(end / BAR_TICKS) * BAR_TICKS,
  };
}

/** The notes as boxes in 0..1000 by 0..100. */
export function barsOf(piece: Composition, frame: Frame, begin: Composition | undefined): Bar[] {
  const given = new Set(begin ? notesOf(begin).map((note) => `${note.onset}/${note.pitch}`) : []);
  const row = 100 / (frame.high - frame.low + 1);
  return (piece.parts ?? []).flatMap((part, index) =>
    (part.notes ?? []).map((note) => ({
      x: (1000 * note.onset) / frame.end,
      y: (frame.high - note.pitch) * row,
      width: Math.max(2, (1000 * note.length) / frame.end - 1.5),
      height: row,
      part: index,
      isGiven: given.has(`${note.onset}/${note.pitch}`),
    })),
  );
}

/** Where bars begin, 0..1000. */
export function barLines(frame: Frame): number[] {
  return Array.from({ length: frame.end / BAR_TICKS }, (_, i) => (1000 * i * BAR_TICKS) / frame.end);
}

/** What a picture shows, for those who do not see it. */
export function described(piece: Composition, begin: Composition | undefined): string {
  const bars = barsOf(piece, frameOf([piece]), begin);
  const added = bars.filter((bar) => !bar.isGiven).length;
  return `${bars.length} notes, ${added} of them written by the model`;
}
