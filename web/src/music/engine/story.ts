// What a technique has told, played like a film: the piece that it began with, after so many of its edits or passages,
// without those that were taken back. The server does the same when a step is kept (arcnn/edits.py, written.py), and
// tests hold the two together. An edit whose note is missing, or whose place is taken, falls away with what it built on.
import type { components } from "@/api/schema";
import {
  end,
  inOrder,
  makeTrack,
  PLAIN_TRACK,
  type RollNote,
  rollNote,
  type Score,
  type Track,
  type TrackInfo,
} from "./document";
import { eachBetween } from "./visible";

type Schemas = components["schemas"];
export type Told = Schemas["ToldEdit"] | Schemas["ToldPassage"];
type Edit = Schemas["EditEvent"];
type Passage = Schemas["Written"];
type PlainNote = Schemas["Note"];

/** A note that an event brought, or took away. */
export interface Moved {
  readonly note: RollNote;
  readonly part: string;
  readonly index: number;
}

export type Fate = "made" | "taken back" | "fell away";

export interface Replayed {
  readonly score: Score;
  /** What became of each event, as far as was played. */
  readonly fates: readonly Fate[];
  /** The notes that are there and were not, by onset. */
  readonly came: readonly Moved[];
  /** The notes that were there and are not, by onset. */
  readonly went: readonly Moved[];
}

/** The part that an edit's new notes come into is called so by the server too. */
const ADDED_NAME = "Added notes";

const keyOf = (part: string, note: PlainNote | RollNote): string =>
  `${part} ${note.onset} ${note.length} ${note.pitch} ${note.velocity ?? 80} ${note.voice ?? 0} ${note.pinned === true}`;
const byOnset = (a: Moved, b: Moved) => inOrder(a.note, b.note);

export class Story {
  private readonly notes = new Map<string, RollNote[]>();
  /** By pitch, the drums left out, as the server compares. */
  private readonly pitches: RollNote[][] = Array.from({ length: 128 }, () => []);
  /** Notes keep their id, however often the story is played. */
  private readonly made = new Map<number, RollNote[]>();

  constructor(readonly begin: Score) {
    for (const track of begin.tracks) {
      for (const note of track.notes) {
        const key = keyOf(track.id, note);
        const same = this.notes.get(key);
        if (same) same.push(note);
        else this.notes.set(key, [note]);
        if (!track.is_drum) this.pitches[note.pitch]?.push(note);
      }
    }
    for (const notes of this.pitches) notes.sort(inOrder);
  }

  replay(
    told: readonly Told[],
    takenBack: ReadonlySet<number> = new Set(),
    until: number = told.length,
  ): Replayed {
    const stand = new Stand(this.begin, this.notes, this.pitches);
    const fates = told.slice(0, until).map((one): Fate => {
      if (takenBack.has(one.news.index)) return "taken back";
      if (one.name === "written") stand.write(one.news, this.notesOf(one.news.index, one.news.added));
      else if (!stand.edit(one.news, this.notesOf(one.news.index, one.news.added ? [one.news.added] : [])))
        return "fell away";
      return "made";
    });
    return { score: stand.score(), fates, came: stand.came(), went: stand.went() };
  }

  private notesOf(index: number, notes: readonly PlainNote[]): RollNote[] {
    const known = this.made.get(index);
    if (known) return known;
    const made = notes.map(({ pinned, velocity = 80, ...note }) =>
      rollNote({ ...note, velocity }, pinned === true),
    );
    this.made.set(index, made);
    return made;
  }
}

/** The notes while a story is played. */
class Stand {
  private readonly gone = new Map<RollNote, Moved>();
  private readonly here = new Map<string, Moved[]>();
  private readonly atPitch = new Map<number, Moved[]>();
  private readonly drums: ReadonlySet<string>;
  private readonly newParts = new Map<string, TrackInfo>();

  constructor(
    private readonly begin: Score,
    private readonly notes: ReadonlyMap<string, RollNote[]>,
    private readonly pitches: readonly RollNote[][],
  ) {
    this.drums = new Set(begin.tracks.filter((track) => track.is_drum).map((track) => track.id));
  }

  /** Makes an edit if what it takes away is there and what it puts in has room. */
  edit(event: Edit, [note]: readonly RollNote[]): boolean {
    const undo = event.removed ? this.take(event.part, event.removed, event.index) : () => {};
    if (!undo) return false;
    if (!note || !event.added_part) return true;
    if (this.soundsDuring(note)) {
      undo();
      return false;
    }
    this.put(event.added_part, note, event.index);
    return true;
  }

  write(event: Passage, added: readonly RollNote[]): void {
    const { notes: _notes, id, ...info } = event.part;
    const isKnown = this.begin.tracks.some((track) => track.id === id) || this.newParts.has(id);
    if (!isKnown) this.newParts.set(id, info);
    for (const note of event.removed) this.take(id, note, event.index);
    for (const note of added) this.put(id, note, event.index);
  }

  /** Takes one such note away; what is given back undoes that, null where there is none. */
  private take(part: string, note: PlainNote, index: number): (() => void) | null {
    const key = keyOf(part, note);
    const came = this.here.get(key)?.pop();
    if (came) {
      const beside = this.atPitch.get(came.note.pitch) ?? [];
      beside.splice(beside.indexOf(came), 1);
      return () => this.remember(key, came);
    }
    const old = this.notes.get(key)?.find((one) => !this.gone.has(one));
    if (!old) return null;
    this.gone.set(old, { note: old, part, index });
    return () => void this.gone.delete(old);
  }

  private put(part: string, note: RollNote, index: number): void {
    const key = keyOf(part, note);
    // A note of the beginning that comes back just as it was is that note again, nothing new.
    const back = this.notes.get(key)?.find((one) => this.gone.has(one));
    if (back) this.gone.delete(back);
    else this.remember(key, { note, part, index });
    if (this.begin.tracks.some((track) => track.id === part) || this.newParts.has(part)) return;
    const program = this.begin.tracks.find((track) => !track.is_drum)?.program ?? 0;
    this.newParts.set(part, { ...PLAIN_TRACK, name: ADDED_NAME, program });
  }

  private remember(key: string, moved: Moved): void {
    for (const [map, at] of [
      [this.here, key],
      [this.atPitch, moved.note.pitch],
    ] as [Map<unknown, Moved[]>, unknown][]) {
      const list = map.get(at);
      if (list) list.push(moved);
      else map.set(at, [moved]);
    }
  }

  private soundsDuring(note: RollNote): boolean {
    const touches = (other: RollNote) => other.onset < end(note) && note.onset < end(other);
    if (
      this.atPitch.get(note.pitch)?.some(({ part, note: other }) => !this.drums.has(part) && touches(other))
    )
      return true;
    let found = false;
    eachBetween(this.pitches[note.pitch] ?? [], note.onset, end(note), (other) => {
      if (!this.gone.has(other)) found = true;
    });
    return found;
  }

  came(): Moved[] {
    return [...this.here.values()].flat().sort(byOnset);
  }

  went(): Moved[] {
    return [...this.gone.values()].sort(byOnset);
  }

  /** Parts that nothing happened to are the same objects as before. */
  score(): Score {
    const added = new Map<string, RollNote[]>();
    for (const { part, note } of this.came()) {
      const notes = added.get(part);
      if (notes) notes.push(note);
      else added.set(part, [note]);
    }
    const touched = new Set([...this.gone.values()].map(({ part }) => part));
    const tracks = this.begin.tracks.map((track): Track => {
      const notes = added.get(track.id);
      if (!notes && !touched.has(track.id)) return track;
      const left = touched.has(track.id) ? track.notes.filter((note) => !this.gone.has(note)) : track.notes;
      return { ...track, notes: notes ? [...left, ...notes].sort(inOrder) : left };
    });
    for (const [id, info] of this.newParts) {
      const notes = added.get(id);
      if (notes) tracks.push({ ...makeTrack(id, info), notes });
    }
    return { ...this.begin, tracks };
  }
}
