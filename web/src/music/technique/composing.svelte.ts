// A step in the making: the run that makes it, what it has told so far, and what is taken back of it. It is the trial that
// the roll shows and the band plays. The run goes on without this page; its id and what was taken back are kept in the
// browser and in the address, so that coming back finds both.
import { deleteRun, stopRun } from "@/api/client";
import {
  type ComposingRequest,
  type ComposingView,
  type CompositionView,
  getComposing,
  keepComposing,
  startComposing,
} from "@/api/music";
import { type ApiError, asApiError } from "@/api/problem";
import { Draft } from "@/core/drafts";
import { LiveRun } from "@/core/runs/liveRun.svelte";
import { canStop, explain, isActive } from "@/core/runs/states";
import { settings } from "@/core/settings.svelte";
import type { Changes } from "../engine/changes";
import { emptyScore, type RollNote, type Score, scoreOf } from "../engine/document";
import { type Moved, type Replayed, Story, type Told } from "../engine/story";
import type { Studio, Trial } from "../studio.svelte";
import { Takes } from "./takes";
import { filmStepMs, sumText, wordsOf } from "./words";

/** One go at a step; "again with another seed" makes another beside it. */
export interface Try {
  run: string;
  seed: number;
  taken: readonly number[];
}

interface Saved {
  run: string;
  tries: Try[];
}

const NOTHING = new Story(emptyScore());

export class Composing implements Trial {
  /** Set from the press of Compose until the run is there. */
  starting = $state(false);
  /** A step has just begun, and nobody has turned to the roll yet. */
  isNew = $state(false);
  error = $state.raw<ApiError | null>(null);
  live = $state.raw<LiveRun | null>(null);
  view = $state.raw<ComposingView | null>(null);
  /** So many events are shown. */
  at = $state(0);
  /** Keeps up with what comes. */
  following = $state(true);
  filming = $state(false);
  compared = $state<"after" | "before">("after");
  taken = $state.raw<ReadonlySet<number>>(new Set());
  /** The event that the keyboard stands on, by its index: Delete takes this one back, wherever the pointer rests. */
  chosen = $state<number | null>(null);
  /** The event in the list that lies under the pointer, by its index; it is marked on the roll, and that is all. */
  pointed = $state<number | null>(null);
  tries = $state.raw<readonly Try[]>([]);
  private story = $state.raw(NOTHING);
  private takes = new Takes();
  private stopLive = () => {};
  private readonly draft: Draft<Saved>;

  constructor(
    private readonly studio: Studio,
    private readonly composition: string,
    storage: Storage,
  ) {
    this.draft = new Draft(`trivium:music:step:${composition}`, 1, storage);
    $effect(() => this.keepUp());
    $effect(() => this.film());
    $effect(() => {
      studio.trial = this.view ? this : null;
    });
  }

  // What there is

  told: readonly Told[] = $derived.by(() => {
    const found = new Map<number, Told>();
    for (const one of this.view?.story ?? []) found.set(one.news.index, one);
    for (const { name, data } of this.live?.samples ?? []) {
      if (name !== "edit" && name !== "written") continue;
      const one = { name, news: data } as unknown as Told;
      found.set(one.news.index, one);
    }
    return [...found.values()].sort((a, b) => a.news.index - b.news.index);
  });

  /** After all events, as it would be kept. */
  whole: Replayed = $derived(this.story.replay(this.told, this.taken));
  /** After those that are shown. */
  played: Replayed = $derived(
    this.at >= this.told.length ? this.whole : this.story.replay(this.told, this.taken, this.at),
  );

  get score(): Score {
    return this.played.score;
  }

  /** Volume, instrument, mute and solo are as the mixer has them now. */
  heard: Score = $derived.by(() => {
    // All that there is, also where the roll has not caught up yet.
    const after = this.following ? this.whole.score : this.played.score;
    const score = this.compared === "before" ? this.story.begin : after;
    const info = new Map(this.studio.score.tracks.map(({ notes: _notes, ...track }) => [track.id, track]));
    return { ...score, tracks: score.tracks.map((track) => ({ ...track, ...info.get(track.id) })) };
  });

  changes: Changes = $derived.by(() => {
    const { came, went } = this.played;
    const shown = this.told[this.at - 1]?.news.index;
    const index =
      this.pointed ?? this.chosen ?? (this.at < this.told.length || this.isMaking ? shown : undefined);
    const now = [...came, ...went].filter((moved) => moved.index === index).map(({ note }) => note.id);
    return { came: came.map(({ note }) => note), went: went.map(({ note }) => note), now: new Set(now) };
  });

  get run() {
    return this.live?.run;
  }

  get isMaking(): boolean {
    return this.starting || (this.run ? isActive(this.run) : this.live !== null);
  }

  get canCancel(): boolean {
    return this.run !== undefined && canStop(this.run);
  }

  /** Why it failed, in the run's own words. */
  get failure() {
    return this.run?.state === "failed" ? explain(this.run) : null;
  }

  get summary(): string {
    return sumText(this.whole.came.length, this.whole.went.length);
  }

  // Making

  async start(wish: Omit<ComposingRequest, "composition">): Promise<void> {
    this.starting = true;
    this.error = null;
    try {
      const run = await startComposing({ ...wish, composition: this.composition });
      await this.open(run.id);
      this.isNew = true;
    } catch (thrown) {
      this.error = asApiError(thrown);
    }
    this.starting = false;
  }

  /** The step that was open here before, or that the address names. */
  async resume(named: string | null): Promise<ComposingView | null> {
    const saved = this.draft.load();
    const run = named ?? saved?.run;
    if (!run) return null;
    this.tries = saved?.tries ?? [];
    try {
      await this.open(run);
      this.at = this.told.length;
    } catch (thrown) {
      const error = asApiError(thrown);
      if (error.status === 404 || error.status === 422) this.forget();
      else this.error = error;
    }
    return this.view;
  }

  /** Shows a try: a new one, or one of those that there are. */
  async open(run: string): Promise<void> {
    const view = await getComposing(run);
    this.dispose();
    const taken = this.tries.find((one) => one.run === run)?.taken ?? [];
    this.story = new Story(scoreOf(view.begin));
    this.takes = new Takes(new Set(taken));
    this.taken = this.takes.now;
    this.at = 0;
    this.following = true;
    this.filming = false;
    this.chosen = null;
    this.pointed = null;
    this.compared = "after";
    this.view = view;
    this.live = new LiveRun(run);
    this.stopLive = this.live.start();
    this.remember();
  }

  async cancel(): Promise<void> {
    if (!this.live) return;
    this.live.update(await stopRun(this.live.id));
  }

  // Looking

  private keepUp(): (() => void) | undefined {
    const goal = this.told.length;
    if (!this.following || this.at >= goal) return undefined;
    const next = settings.reducedMotion ? goal : this.at + Math.max(1, Math.ceil((goal - this.at) / 12));
    const frame = requestAnimationFrame(() => {
      this.at = Math.min(goal, next);
    });
    return () => cancelAnimationFrame(frame);
  }

  private film(): (() => void) | undefined {
    if (!this.filming) return undefined;
    if (this.at >= this.told.length) {
      this.filming = false;
      return undefined;
    }
    const timer = setTimeout(() => {
      this.at += 1;
    }, filmStepMs(this.told.length));
    return () => clearTimeout(timer);
  }

  seek(at: number): void {
    this.at = Math.min(this.told.length, Math.max(0, at));
    this.following = this.at === this.told.length;
    this.filming = false;
    this.chosen = null;
  }

  toggleFilm(): void {
    if (!this.filming && this.at >= this.told.length) this.at = 0;
    this.following = false;
    this.chosen = null;
    this.filming = !this.filming;
  }

  // Taking back

  toggleEvent(index: number): void {
    const done = this.takes.toggle(index);
    this.settle(`${this.wordsAt(index)}: ${done}`);
  }

  press(note: RollNote): void {
    const moved = [...this.played.came, ...this.played.went].find((one) => one.note === note);
    if (moved) this.toggleEvent(moved.index);
  }

  /** All that follows what is shown now. */
  leaveOutRest(): void {
    this.takes.take(this.told.slice(this.at).map((one) => one.news.index));
    this.settle("The rest is left out");
    this.at = this.told.length;
  }

  putAllAgain(): void {
    this.takes.none();
    this.settle("All put again");
  }

  get undoLabel(): string | undefined {
    void this.taken; // changes with every step of it
    return this.takes.canUndo ? "what was taken back" : undefined;
  }

  get redoLabel(): string | undefined {
    void this.taken;
    return this.takes.canRedo ? "what was taken back" : undefined;
  }

  undo(): void {
    this.settle(this.takes.undo() ? "Undone" : "Nothing to undo in this step");
  }

  redo(): void {
    this.settle(this.takes.redo() ? "Done again" : "Nothing to do again in this step");
  }

  toggle(): void {
    if (this.chosen !== null) this.toggleEvent(this.chosen);
  }

  walk(step: 1 | -1): RollNote | null {
    const all: Moved[] = [...this.played.came, ...this.played.went].sort(
      (a, b) => a.note.onset - b.note.onset || a.note.pitch - b.note.pitch,
    );
    const here = all.findIndex((moved) => moved.index === this.chosen);
    const next = all[here < 0 && step < 0 ? all.length - 1 : here + step];
    this.chosen = next?.index ?? null;
    this.pointed = null;
    if (next) this.studio.said = `${this.wordsAt(next.index)}; Delete takes it back`;
    return next?.note ?? null;
  }

  private settle(said: string): void {
    this.taken = this.takes.now;
    this.studio.said = said;
    this.remember();
  }

  wordsAt(index: number): string {
    const told = this.told.find((one) => one.news.index === index);
    if (!told) return "";
    const { text, where } = wordsOf(told, this.story.begin);
    return `${text}, ${where}`;
  }

  get begin(): Score {
    return this.story.begin;
  }

  /** Whether the piece is another one by now than the one that this began with. */
  isOutdated: boolean = $derived.by(() => {
    const tracks = this.studio.score.tracks;
    const begin = this.story.begin.tracks;
    return (
      this.view !== null &&
      (tracks.length !== begin.length ||
        begin.some((track, i) => !sameNotes(track.notes, tracks[i]?.notes ?? [])))
    );
  });

  // The end of it

  async keep(): Promise<CompositionView | null> {
    if (!this.live) return null;
    const kept = await keepComposing(this.live.id, [...this.taken]);
    this.leave();
    return kept;
  }

  /** Nothing of this try stays: its run is stopped and deleted, and the try before it is shown, if there is one. */
  async throwAway(): Promise<void> {
    const { live } = this;
    const active = this.canCancel;
    const left = this.tries.filter((one) => one.run !== live?.id);
    const before = left.at(-1);
    this.leave();
    this.tries = left;
    if (before) await this.open(before.run);
    if (live && active) await stopRun(live.id);
    else if (live && !this.isMakingRun(live)) await deleteRun(live.id);
  }

  private isMakingRun(live: LiveRun): boolean {
    return live.run !== undefined && isActive(live.run);
  }

  /** Back to the piece; what was made stays in its run. */
  leave(): void {
    this.dispose();
    this.live = null;
    this.view = null;
    this.story = NOTHING;
    this.chosen = null;
    this.filming = false;
    this.error = null;
    this.tries = [];
    this.forget();
  }

  private remember(): void {
    const { live, view } = this;
    if (!live || !view) return;
    const now = { run: live.id, seed: view.seed, taken: [...this.taken] };
    const known = this.tries.some((one) => one.run === live.id);
    this.tries = known ? this.tries.map((one) => (one.run === live.id ? now : one)) : [...this.tries, now];
    this.draft.save({ run: live.id, tries: [...this.tries] });
    address(live.id);
  }

  private forget(): void {
    this.draft.clear();
    address(null);
  }

  dispose(): void {
    this.stopLive();
    this.stopLive = () => {};
  }
}

function sameNotes(a: readonly RollNote[], b: readonly RollNote[]): boolean {
  const same = (one: RollNote, two: RollNote | undefined) =>
    one.onset === two?.onset &&
    one.pitch === two.pitch &&
    one.length === two.length &&
    one.velocity === two.velocity;
  return a.length === b.length && a.every((note, i) => same(note, b[i]));
}

/** The run stands in the address without the page being another page. */
function address(run: string | null): void {
  const url = new URL(window.location.href);
  if (run) url.searchParams.set("run", run);
  else url.searchParams.delete("run");
  if (url.href !== window.location.href) window.history.replaceState(window.history.state, "", url);
}
