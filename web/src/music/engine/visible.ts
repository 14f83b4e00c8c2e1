// Which notes a stretch of time touches, without looking at all of them. Notes lie sorted by onset in blocks; each block
// knows when its last note ends, so a long note far to the left is found and thousands of short ones are passed over.
import { end, type RollNote } from "./document";

const BLOCK = 128;

interface Index {
  lastEnd: Float64Array;
}

const indices = new WeakMap<readonly RollNote[], Index>();

function indexOf(notes: readonly RollNote[]): Index {
  const known = indices.get(notes);
  if (known) return known;
  const lastEnd = new Float64Array(Math.ceil(notes.length / BLOCK));
  notes.forEach((note, i) => {
    const block = Math.floor(i / BLOCK);
    lastEnd[block] = Math.max(lastEnd[block] ?? 0, end(note));
  });
  const made = { lastEnd };
  indices.set(notes, made);
  return made;
}

/** The place of the first note that begins at `tick` or later. */
export function firstFrom(notes: readonly RollNote[], tick: number): number {
  let low = 0;
  let high = notes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((notes[middle] as RollNote).onset < tick) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Calls `visit` for every note that sounds between `from` and `to`, in order. */
export function eachBetween(
  notes: readonly RollNote[],
  from: number,
  to: number,
  visit: (note: RollNote) => void,
): void {
  const { lastEnd } = indexOf(notes);
  const stop = firstFrom(notes, to);
  for (let block = 0; block * BLOCK < stop; block++) {
    if ((lastEnd[block] as number) <= from) continue;
    const until = Math.min(stop, (block + 1) * BLOCK);
    for (let i = block * BLOCK; i < until; i++) {
      const note = notes[i] as RollNote;
      if (end(note) > from) visit(note);
    }
  }
}

/** The note that is drawn uppermost at this place, or null. */
export function noteAt(notes: readonly RollNote[], tick: number, pitch: number): RollNote | null {
  let found: RollNote | null = null;
  eachBetween(notes, tick, tick + 1, (note) => {
    if (note.pitch === pitch) found = note;
  });
  return found;
}
