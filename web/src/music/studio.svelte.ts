// The piece that is open on the page, and how it is looked at: score, history, selection, tool, grid. Components read it;
// gestures, keys and buttons change it through the same few methods.
import type { Changes } from "./engine/changes";
import { type Composition, end, type RollNote, type Score, scoreOf, type Track } from "./engine/document";
import {
  addNotes,
  type Clip,
  chosen,
  copyNotes,
  deleteNotes,
  type Ids,
  legato,
  moveNotes,
  pasteNotes,
  quantise,
  replaceScore,
  resizeNotes,
  setPinned,
  setVelocity,
  splitAt,
} from "./engine/edits";
import type { Tool } from "./engine/gestures/begin";
import { applyPatches, History, type Patch } from "./engine/history";
import type { Box } from "./engine/overlay";
import type { Loop } from "./engine/scheduler";
import { GRIDS, placeOf, snap } from "./engine/timeline";
import { pitchName } from "./engine/transform";

const NONE: Ids = new Set();
const TRIAL_FIRST = "Keep the step or throw it away first; then the notes can be edited again.";

/** A piece that is looked at and listened to before anybody decides to keep it. */
export interface Trial {
  readonly score: Score;
  /** What is heard: the same, or the piece before, for a comparison. */
  readonly heard: Score;
  readonly changes: Changes;
  /** A click on a note that came or went. */
  press(note: RollNote): void;
  /** To the next change; null past the last one. */
  walk(step: 1 | -1): RollNote | null;
  /** Takes the chosen change back, or puts it again. */
  toggle(): void;
  readonly undoLabel: string | undefined;
  readonly redoLabel: string | undefined;
  undo(): void;
  redo(): void;
}

export class Studio {
  private history: History;
  score: Score = $state.raw() as Score;
  /** The score as it would be if the hand let go now. */
  private drawn: Score = $state.raw() as Score;
  /** What a technique makes of the piece, shown and heard in its place; the piece itself stays as it is meanwhile. */
  trial = $state.raw<Trial | null>(null);
  /** Where the technique that is being set up may change something; null: everywhere. */
  region = $state.raw<Box | null>(null);
  trackId = $state("");
  selection = $state.raw<Ids>(NONE);
  tool = $state<Tool>("draw");
  gridIndex = $state(5);
  strength = $state(1);
  scale = $state("none");
  tonic = $state(0);
  ghosts = $state(true);
  loop = $state.raw<Loop | null>(null);
  loopOn = $state(false);
  noteLength = $state(480);
  private undoOwn = $state<string | undefined>();
  private redoOwn = $state<string | undefined>();
  /** What a screen reader is told about the last change. */
  said = $state("");
  cursor = $state.raw({ tick: 0, pitch: 60 });
  private clip: Clip | null = null;

  constructor(
    composition: Composition,
    /** Called after every step, undo and redo. */
    private readonly onchange: (score: Score) => void = () => {},
  ) {
    this.score = scoreOf(composition);
    this.drawn = this.score;
    this.trackId = this.score.tracks[0]?.id ?? "";
    this.history = new History(this.score);
  }

  get shown(): Score {
    return this.trial?.score ?? this.drawn;
  }

  get undoLabel(): string | undefined {
    return this.trial ? this.trial.undoLabel : this.undoOwn;
  }

  get redoLabel(): string | undefined {
    return this.trial ? this.trial.redoLabel : this.redoOwn;
  }

  /** The track that is edited, as it is shown. */
  get track(): Track {
    const tracks = this.shown.tracks;
    return tracks.find((track) => track.id === this.trackId) ?? (tracks[0] as Track);
  }

  get grid(): number {
    return GRIDS[this.gridIndex]?.ticks ?? 0;
  }

  get activeLoop(): Loop | null {
    return this.loopOn ? this.loop : null;
  }

  get selected(): RollNote[] {
    return chosen(this.track, this.selection);
  }

  do(label: string, patches: readonly Patch[], key?: string): void {
    // Volume, instrument, mute and solo go on; notes wait, since it is not this piece's notes that are shown.
    if (this.trial && patches.some((patch) => patch.kind !== "info")) this.said = TRIAL_FIRST;
    else if (patches.length > 0) this.settle(this.history.do(label, patches, key));
    else this.drawn = this.score;
  }

  preview(patches: readonly Patch[]): void {
    this.drawn = applyPatches(this.score, patches);
  }

  undo(): void {
    if (this.trial) {
      this.trial.undo();
      return;
    }
    const label = this.history.undoLabel;
    if (!label) return;
    this.settle(this.history.undo());
    this.said = `Undone: ${label}`;
  }

  redo(): void {
    if (this.trial) {
      this.trial.redo();
      return;
    }
    const label = this.history.redoLabel;
    if (!label) return;
    this.settle(this.history.redo());
    this.said = `Done again: ${label}`;
  }

  private settle(score: Score): void {
    this.score = score;
    this.drawn = score;
    if (!score.tracks.some((track) => track.id === this.trackId)) this.trackId = score.tracks[0]?.id ?? "";
    this.undoOwn = this.history.undoLabel;
    this.redoOwn = this.history.redoLabel;
    this.onchange(score);
  }

  /** Another piece in the place of this one; undo brings this one back. */
  open(composition: Composition, label = "Open"): void {
    this.do(label, replaceScore(this.score, scoreOf(composition)));
    this.trackId = this.score.tracks[0]?.id ?? "";
    this.selection = NONE;
    this.loop = null;
    this.loopOn = false;
    this.cursor = { tick: 0, pitch: 60 };
  }

  chooseTrack(id: string): void {
    this.trackId = id;
    this.selection = NONE;
  }

  snap(tick: number, free = false, round: (x: number) => number = Math.round): number {
    return snap(this.score, tick, free ? 0 : this.grid, round);
  }

  // What buttons and keys do to the selected notes.

  nudge(ticks: number, semitones: number): void {
    this.do("Move notes", moveNotes(this.score, this.trackId, this.selection, ticks, semitones));
    this.tell();
  }

  stretch(ticks: number): void {
    const shortest = this.grid > 0 ? Math.min(this.grid, 120) : 1;
    this.do("Change length", resizeNotes(this.score, this.trackId, this.selection, ticks, "end", shortest));
    this.tell();
  }

  louder(by: number): void {
    this.do(
      "Change velocity",
      setVelocity(this.score, this.trackId, this.selection, (note) => note.velocity + by),
    );
    this.tell();
  }

  delete(): void {
    const before = this.selected.length;
    this.do("Delete notes", deleteNotes(this.score, this.trackId, this.selection));
    const pinned = this.selected.length;
    this.said = pinned ? `${before - pinned} deleted, ${pinned} pinned stay` : `${before} deleted`;
  }

  selectAll(): void {
    this.selection = new Set(this.track.notes.map((note) => note.id));
    this.said = `${this.selection.size} notes selected`;
  }

  copy(): void {
    this.clip = copyNotes(this.score, this.trackId, this.selection) ?? this.clip;
    this.said = `${this.selection.size} copied`;
  }

  paste(at: number): void {
    if (!this.clip) return;
    const pasted = pasteNotes(this.trackId, this.clip, at);
    this.do("Paste", pasted.patches);
    this.selection = pasted.ids;
    this.cursor = { ...this.cursor, tick: at + this.clip.length };
    this.said = `${pasted.ids.size} pasted`;
  }

  /** A copy right behind the original, at the next grid point. */
  duplicate(): void {
    const clip = copyNotes(this.score, this.trackId, this.selection);
    if (!clip) return;
    const from = Math.min(...this.selected.map((note) => note.onset));
    this.clip = clip;
    this.paste(this.snap(from + clip.length, false, Math.ceil));
  }

  quantise(): void {
    const ids = this.selection.size ? this.selection : new Set(this.track.notes.map((note) => note.id));
    const how = { grid: this.grid, strength: this.strength, lengths: false };
    this.do("Quantise", quantise(this.score, this.trackId, ids, how));
    this.said = `Quantised by ${Math.round(this.strength * 100)} per cent`;
  }

  legato(): void {
    this.do("Legato", legato(this.score, this.trackId, this.selection));
  }

  togglePins(): void {
    const pin = this.selected.some((note) => !note.pinned);
    this.do(pin ? "Pin notes" : "Unpin notes", setPinned(this.score, this.trackId, this.selection, pin));
    this.said = pin ? "Pinned: techniques leave these notes alone" : "Unpinned";
  }

  split(tick: number): void {
    this.do("Split notes", splitAt(this.score, this.trackId, this.selection, tick));
  }

  insertAtCursor(): RollNote | null {
    const { tick, pitch } = this.cursor;
    const made = addNotes(this.trackId, [{ onset: tick, length: this.noteLength, pitch, velocity: 90 }]);
    this.do("Insert note", made.patches);
    this.selection = made.ids;
    this.cursor = { pitch, tick: tick + this.noteLength };
    this.tell();
    return this.selected[0] ?? null;
  }

  /** Tab through the notes; null past the last or before the first. */
  walk(step: 1 | -1): RollNote | null {
    const { notes } = this.track;
    const chosenAt = notes.findIndex((note) => this.selection.has(note.id));
    const near = notes.findIndex((note) => note.onset >= this.cursor.tick);
    const from = chosenAt >= 0 ? chosenAt + step : step > 0 ? near : (near < 0 ? notes.length : near) - 1;
    const note = notes[from];
    if (!note || (chosenAt < 0 && near < 0 && step > 0)) {
      this.selection = NONE;
      return null;
    }
    this.selection = new Set([note.id]);
    this.cursor = { tick: note.onset, pitch: note.pitch };
    this.tell();
    return note;
  }

  loopSelection(): void {
    const notes = this.selected;
    if (notes.length === 0) return;
    const from = Math.min(...notes.map((note) => note.onset));
    const to = Math.max(...notes.map(end));
    this.loop = { start: this.snap(from, false, Math.floor), end: this.snap(to, false, Math.ceil) };
    this.loopOn = true;
  }

  private tell(): void {
    const [note] = this.selected;
    if (note) this.said = this.selection.size > 1 ? `${this.selection.size} notes` : this.describe(note);
  }

  /** "C4, bar 2, beat 1, quarter note, velocity 80". */
  describe(note: RollNote): string {
    const place = placeOf(this.score, note.onset);
    const named = GRIDS.find((grid) => grid.ticks === note.length)?.spoken.replace(/s$/, "");
    const length = named ?? `${(note.length / 480).toFixed(2)} quarters`;
    const where = `bar ${place.bar}, beat ${place.beat}${place.rest ? ` and ${place.rest} ticks` : ""}`;
    return `${pitchName(note.pitch)}, ${where}, ${length}, velocity ${note.velocity}${note.pinned ? ", pinned" : ""}`;
  }
}
