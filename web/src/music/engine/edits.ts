// What can be done to a score, each as a function from the score to the patches that do it. None of them touches a
// pinned note, save `setPinned` itself. Groups move as one: what would push a member over the edge stops them all.
import {
  end,
  freeTrackId,
  type Head,
  inOrder,
  makeTrack,
  type Note,
  newId,
  type RollNote,
  rollNote,
  type Score,
  type Track,
  type TrackInfo,
  trackOf,
} from "./document";
import type { Patch } from "./history";
import { snap } from "./timeline";

export type Ids = ReadonlySet<number>;
export const LOWEST = 0;
export const HIGHEST = 127;

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

export function chosen(track: Track, ids: Ids): RollNote[] {
  return ids.size === 0 ? [] : track.notes.filter((note) => ids.has(note.id));
}

/** The notes of `ids` that may be changed. */
export function movable(track: Track, ids: Ids): RollNote[] {
  return chosen(track, ids).filter((note) => !note.pinned);
}

/** Replaces notes by changed copies with the same ids; notes that come out the same are left out. */
function replaced(track: string, notes: readonly RollNote[], change: (note: RollNote) => RollNote): Patch[] {
  const removed: RollNote[] = [];
  const added: RollNote[] = [];
  for (const note of notes) {
    const next = change(note);
    const same =
      next.onset === note.onset &&
      next.length === note.length &&
      next.pitch === note.pitch &&
      next.velocity === note.velocity &&
      next.pinned === note.pinned;
    if (same) continue;
    removed.push(note);
    added.push(next);
  }
  return added.length ? [{ kind: "notes", track, removed, added }] : [];
}

export function addNotes(track: string, notes: readonly Note[]): { patches: Patch[]; ids: Ids } {
  const added = notes.map((note) =>
    rollNote({
      ...note,
      onset: Math.max(0, Math.round(note.onset)),
      length: Math.max(1, Math.round(note.length)),
      pitch: clamp(Math.round(note.pitch), LOWEST, HIGHEST),
      velocity: clamp(Math.round(note.velocity), 1, 127),
    }),
  );
  return {
    patches: added.length ? [{ kind: "notes", track, removed: [], added }] : [],
    ids: new Set(added.map((note) => note.id)),
  };
}

export function deleteNotes(score: Score, track: string, ids: Ids): Patch[] {
  const removed = movable(trackOf(score, track), ids);
  return removed.length ? [{ kind: "notes", track, removed, added: [] }] : [];
}

export function moveNotes(score: Score, track: string, ids: Ids, ticks: number, semitones: number): Patch[] {
  const notes = movable(trackOf(score, track), ids);
  if (notes.length === 0) return [];
  const first = Math.min(...notes.map((note) => note.onset));
  const low = Math.min(...notes.map((note) => note.pitch));
  const high = Math.max(...notes.map((note) => note.pitch));
  const by = Math.max(-first, Math.round(ticks));
  const up = clamp(Math.round(semitones), LOWEST - low, HIGHEST - high);
  return replaced(track, notes, (note) => ({ ...note, onset: note.onset + by, pitch: note.pitch + up }));
}

/** Moves the ends (or with `side` "start" the beginnings) of notes; none gets shorter than `shortest`. */
export function resizeNotes(
  score: Score,
  track: string,
  ids: Ids,
  ticks: number,
  side: "start" | "end" = "end",
  shortest = 1,
): Patch[] {
  return replaced(track, movable(trackOf(score, track), ids), (note) => {
    const least = Math.min(shortest, note.length);
    if (side === "end") return { ...note, length: Math.max(least, note.length + Math.round(ticks)) };
    const onset = clamp(note.onset + Math.round(ticks), 0, end(note) - least);
    return { ...note, onset, length: end(note) - onset };
  });
}

/** Sets velocities by id: one value for all, or a function of the note. */
export function setVelocity(
  score: Score,
  track: string,
  ids: Ids,
  velocity: number | ((note: RollNote) => number),
): Patch[] {
  return replaced(track, movable(trackOf(score, track), ids), (note) => {
    const wanted = typeof velocity === "number" ? velocity : velocity(note);
    return { ...note, velocity: clamp(Math.round(wanted), 1, 127) };
  });
}

export interface Quantise {
  grid: number;
  /** 0 leaves all as it is, 1 puts every onset onto the grid. */
  strength: number;
  /** Whether lengths are drawn to the grid as well. */
  lengths: boolean;
}

export function quantise(score: Score, track: string, ids: Ids, how: Quantise): Patch[] {
  if (how.grid <= 0) return [];
  return replaced(track, movable(trackOf(score, track), ids), (note) => {
    const onset = Math.round(note.onset + how.strength * (snap(score, note.onset, how.grid) - note.onset));
    if (!how.lengths) return { ...note, onset };
    const wanted = Math.max(how.grid, Math.round(note.length / how.grid) * how.grid);
    return {
      ...note,
      onset,
      length: Math.max(1, Math.round(note.length + how.strength * (wanted - note.length))),
    };
  });
}

/** Each note lasts until the next onset after it, so that a line sings without gaps. */
export function legato(score: Score, track: string, ids: Ids): Patch[] {
  const notes = movable(trackOf(score, track), ids);
  const onsets = [...new Set(notes.map((note) => note.onset))].sort((a, b) => a - b);
  const next = new Map(onsets.map((onset, i) => [onset, onsets[i + 1]]));
  return replaced(track, notes, (note) => {
    const until = next.get(note.onset);
    return until === undefined ? note : { ...note, length: until - note.onset };
  });
}

export function setPinned(score: Score, track: string, ids: Ids, pinned: boolean): Patch[] {
  return replaced(track, chosen(trackOf(score, track), ids), (note) => ({ ...note, pinned }));
}

export interface Clip {
  notes: readonly Note[];
  /** From the first onset to the last end. */
  length: number;
}

export function copyNotes(score: Score, track: string, ids: Ids): Clip | null {
  const notes = chosen(trackOf(score, track), ids);
  const first = notes[0]?.onset;
  if (first === undefined) return null;
  return {
    notes: notes.map(({ id: _id, pinned: _pinned, ...note }) => ({ ...note, onset: note.onset - first })),
    length: Math.max(...notes.map(end)) - first,
  };
}

export function pasteNotes(track: string, clip: Clip, at: number) {
  return addNotes(
    track,
    clip.notes.map((note) => ({ ...note, onset: note.onset + at })),
  );
}

/** The ids of the notes that a box in time and pitch touches. */
export function notesIn(
  track: Track,
  box: { from: number; to: number; low: number; high: number },
): Set<number> {
  const found = new Set<number>();
  for (const note of track.notes) {
    if (note.onset >= box.to) break;
    if (end(note) > box.from && note.pitch >= box.low && note.pitch <= box.high) found.add(note.id);
  }
  return found;
}

export function setInfo(score: Score, track: string, change: Partial<TrackInfo>): Patch[] {
  const { id: _id, notes: _notes, ...before } = trackOf(score, track);
  const after = { ...before, ...change };
  const same = (Object.keys(after) as (keyof TrackInfo)[]).every((key) => after[key] === before[key]);
  return same ? [] : [{ kind: "info", track, before, after }];
}

export function addTrack(score: Score, info: Partial<TrackInfo>, notes: readonly Note[] = []) {
  const track = makeTrack(freeTrackId(score.tracks), info, notes);
  const patches: Patch[] = [{ kind: "tracks", before: score.tracks, after: [...score.tracks, track] }];
  return { patches, id: track.id };
}

export function removeTrack(score: Score, track: string): Patch[] {
  const after = score.tracks.filter((one) => one.id !== track);
  if (after.length === score.tracks.length || after.length === 0) return [];
  return [{ kind: "tracks", before: score.tracks, after }];
}

/** Puts another score in the place of this one, as one step that can be undone. */
export function replaceScore(score: Score, by: Score): Patch[] {
  return [...setHead(score, headOf(by)), { kind: "tracks", before: score.tracks, after: by.tracks }];
}

const headOf = ({ title, tempos, metres, keys }: Head): Head => ({ title, tempos, metres, keys });

export function setHead(score: Score, change: Partial<Head>): Patch[] {
  const before = headOf(score);
  return [{ kind: "head", before, after: { ...before, ...change } }];
}

/** Splits every chosen note that sounds across `tick` in two. */
export function splitAt(score: Score, track: string, ids: Ids, tick: number): Patch[] {
  const removed = movable(trackOf(score, track), ids).filter((note) => note.onset < tick && end(note) > tick);
  const added = removed.flatMap((note): RollNote[] => [
    { ...note, length: tick - note.onset },
    { ...note, id: newId(), onset: tick, length: end(note) - tick },
  ]);
  return removed.length ? [{ kind: "notes", track, removed, added: added.sort(inOrder) }] : [];
}
