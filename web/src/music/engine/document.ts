// A composition as the pages edit it: parts of notes over one timeline. Nothing here is ever changed in place, so an
// older state is simply an older value. A note keeps its id through every move, so that a selection follows it.
// The shapes are the server's own (schema.d.ts is generated from them).
import type { components } from "@/api/schema";

export const TICKS_PER_QUARTER = 480;

type Schemas = components["schemas"];
/** What arrives has every field, and the pages always send every field. */
type Full<T> = { [K in keyof T]-?: NonNullable<T[K]> };

export type Tempo = Full<Schemas["Tempo"]>;
export type Metre = Full<Schemas["Metre"]>;
export type Key = Full<Schemas["Key"]>;
export type Composition = Schemas["Composition"];
export type Note = Full<Omit<Schemas["Note"], "voice" | "pinned">> & Pick<Schemas["Note"], "voice">;

/** A note on the roll. `pinned` ones are left alone by every technique, and by the hand until they are let go. */
export type RollNote = Readonly<Note> & { readonly id: number; readonly pinned: boolean };

/** What a part is, without its notes: one row of the mixer. */
export type TrackInfo = Readonly<Full<Omit<Schemas["Part"], "id" | "notes">>>;
export type Track = TrackInfo & { readonly id: string; readonly notes: readonly RollNote[] };

export interface Timeline {
  readonly tempos: readonly Readonly<Tempo>[];
  readonly metres: readonly Readonly<Metre>[];
}

/** What holds for the whole piece. */
export interface Head extends Timeline {
  readonly title: string;
  readonly keys: readonly Key[];
}

export interface Score extends Head {
  readonly tracks: readonly Track[];
}

let lastId = 0;
export function newId(): number {
  lastId += 1;
  return lastId;
}

/** A total order, so that the same notes always lie in the same places, whatever was done and undone before. */
export function inOrder(a: RollNote, b: RollNote): number {
  return a.onset - b.onset || a.pitch - b.pitch || a.id - b.id;
}

export function rollNote(note: Note, pinned = false): RollNote {
  return { ...note, id: newId(), pinned };
}

export const PLAIN_TRACK: TrackInfo = {
  name: "Piano",
  program: 0,
  is_drum: false,
  volume: 100,
  pan: 64,
  mute: false,
  solo: false,
};

/** Parts keep their id for good, also on the server; a new one is called by the first number that is free. */
export function freeTrackId(taken: readonly { id?: string }[]): string {
  const names = new Set(taken.map((track) => track.id));
  for (let n = 1; ; n++) if (!names.has(`part-${n}`)) return `part-${n}`;
}

export function makeTrack(
  id: string,
  info: Partial<TrackInfo> = {},
  notes: readonly (Schemas["Note"] | Note)[] = [],
): Track {
  return {
    ...PLAIN_TRACK,
    ...info,
    id,
    notes: notes
      .map(({ pinned, velocity = 80, ...note }: Schemas["Note"]) =>
        rollNote({ ...note, velocity }, pinned === true),
      )
      .sort(inOrder),
  };
}

export function emptyScore(): Score {
  return {
    title: "",
    tempos: [{ tick: 0, bpm: 100 }],
    metres: [{ tick: 0, beats: 4, beat_unit: 4 }],
    keys: [],
    tracks: [makeTrack("part-1")],
  };
}

/** From what the server or the browser's storage holds. */
export function scoreOf(composition: Composition): Score {
  const blank = emptyScore();
  const tempos = (composition.tempos ?? []).map(({ tick = 0, bpm = 120 }) => ({ tick, bpm }));
  const metres = (composition.metres ?? []).map(({ tick = 0, beats = 4, beat_unit = 4 }) => ({
    tick,
    beats,
    beat_unit,
  }));
  const parts = composition.parts ?? [];
  return {
    title: composition.title ?? "",
    tempos: tempos.length ? tempos : blank.tempos,
    metres: metres.length ? metres : blank.metres,
    keys: (composition.keys ?? []).map(({ tick = 0, fifths = 0, mode = "major" }) => ({
      tick,
      fifths,
      mode,
    })),
    tracks: parts.length
      ? parts.map(({ id, notes, ...info }) => makeTrack(id ?? freeTrackId(parts), info, notes))
      : blank.tracks,
  };
}

/** What the server and the browser's storage take. */
export function compositionOf(score: Score): Composition {
  return {
    title: score.title,
    ticks_per_quarter: TICKS_PER_QUARTER,
    tempos: [...score.tempos],
    metres: [...score.metres],
    keys: [...score.keys],
    parts: score.tracks.map(({ notes, ...info }) => ({
      ...info,
      notes: notes.map(({ id: _id, pinned, ...note }) => (pinned ? { ...note, pinned } : note)),
    })),
  };
}

export function trackOf(score: Score, id: string): Track {
  const track = score.tracks.find((one) => one.id === id);
  if (!track) throw new Error(`no track ${id}`);
  return track;
}

export const end = (note: { onset: number; length: number }): number => note.onset + note.length;

/** The tick after the last note; 0 for an empty score. */
export function scoreEnd(score: Score): number {
  let last = 0;
  for (const track of score.tracks) for (const note of track.notes) last = Math.max(last, end(note));
  return last;
}

export function noteCount(score: Score): number {
  return score.tracks.reduce((sum, track) => sum + track.notes.length, 0);
}

/** Whether a track is to be heard: a solo anywhere silences all that are not solo. */
export function isAudible(score: Score, track: TrackInfo): boolean {
  return !track.mute && (track.solo || !score.tracks.some((one) => one.solo));
}
