// Play, stop and record: ties the scheduler to the band and to the score that is open.
import { type Note, type Score, scoreEnd } from "./engine/document";
import { addNotes } from "./engine/edits";
import { Recorder } from "./engine/recorder";
import { Scheduler } from "./engine/scheduler";
import { barTicks, metreAt, snap } from "./engine/timeline";
import { band } from "./sound/band.svelte";
import type { Studio } from "./studio.svelte";

const PUMP_MS = 25;

export class Transport {
  playing = $state(false);
  recording = $state(false);
  metronome = $state(false);
  countIn = $state(1);
  /** Seconds of count-in left, for the count on the screen. */
  counting = $state(0);
  /** Where Play begins; where the head stands. */
  head = $state(0);
  level = $state(0);
  /** Keys that sound now, from whatever keyboard. */
  held = $state.raw<ReadonlySet<number>>(new Set());
  /** Milliseconds from the last Play to its first sample that was not silent; for the curious and for tests. */
  firstSoundMs = $state(0);
  private readonly scheduler = new Scheduler(band.now, band);
  private recorder: Recorder | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;
  /** On which part each held key sounds, should another be chosen meanwhile. */
  private readonly heldOn = new Map<number, string>();
  private startedAt = 0;
  private pressedAt = 0;

  /** Another score that is heard in the place of the open one, for a comparison. */
  private instead = $state.raw<Score | null>(null);

  constructor(private readonly studio: Studio) {
    $effect(() => {
      const score = this.sounding;
      band.follow(score);
      this.scheduler.update(score);
    });
    $effect(() => {
      this.scheduler.setLoop(studio.activeLoop);
    });
    $effect(() => {
      this.scheduler.metronome = this.metronome || this.recording;
    });
  }

  hearInstead(score: Score | null): void {
    this.instead = score;
  }

  private get sounding(): Score {
    return this.instead ?? this.studio.trial?.heard ?? this.studio.score;
  }

  async play(): Promise<void> {
    if (this.playing) return;
    this.pressedAt = performance.now();
    this.firstSoundMs = 0;
    await this.begin(false);
  }

  async record(): Promise<void> {
    if (this.playing) return;
    this.instead = null;
    this.recorder = new Recorder();
    await this.begin(true);
  }

  private async begin(recording: boolean): Promise<void> {
    await band.resume();
    if (band.state !== "ready") return;
    band.openGate();
    const { studio } = this;
    const last = scoreEnd(this.sounding);
    const loop = studio.activeLoop;
    if (!recording && !loop && this.head >= last) this.head = 0;
    if (loop && this.head >= loop.end) this.head = loop.start;
    this.startedAt = this.head;
    this.scheduler.start(this.sounding, this.head, {
      loop,
      metronome: this.metronome || recording,
      countIn: recording ? this.countIn : 0,
      until: recording ? null : last,
    });
    this.playing = true;
    this.recording = recording;
    this.timer = setInterval(() => {
      if (!this.scheduler.pump()) this.stop();
    }, PUMP_MS);
    const frame = () => {
      if (!this.playing) return;
      const heard = band.now() - band.latencyS;
      this.head = this.scheduler.tickAt(heard);
      this.counting = this.scheduler.countInLeft(heard);
      this.level = band.level();
      if (this.firstSoundMs === 0 && this.level > 0.001)
        this.firstSoundMs = performance.now() - this.pressedAt;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  /** Stops; what was recorded becomes notes of the chosen track. The second Stop goes back to the beginning. */
  stop(): Note[] {
    if (!this.playing) {
      this.head = 0;
      return [];
    }
    clearInterval(this.timer);
    const tick = this.scheduler.tickAt(band.now());
    this.scheduler.stop();
    this.playing = false;
    this.level = 0;
    this.counting = 0;
    const notes = this.recorder?.finish(tick, this.studio.activeLoop?.end) ?? [];
    this.recorder = null;
    if (this.recording) {
      this.recording = false;
      this.keepTake(notes);
    }
    this.head = this.startedAt;
    return notes;
  }

  private keepTake(notes: Note[]): void {
    if (notes.length === 0) return;
    const made = addNotes(this.studio.trackId, notes);
    this.studio.do("Record", made.patches);
    this.studio.selection = made.ids;
    this.studio.said = `${notes.length} notes recorded`;
  }

  toggle(): void {
    if (this.playing) this.stop();
    else void this.play();
  }

  seek(tick: number): void {
    const wasPlaying = this.playing && !this.recording;
    if (wasPlaying) this.stop();
    this.head = Math.max(0, tick);
    if (wasPlaying) void this.play();
  }

  /** To the bar line before or after. */
  skip(bars: -1 | 1): void {
    const size = barTicks(metreAt(this.studio.score, this.head));
    const here = snap(this.studio.score, this.head, size, Math.floor);
    this.seek(bars < 0 ? (this.head > here ? here : Math.max(0, here - size)) : here + size);
  }

  // Live keys, from the screen, the computer's keyboard or a MIDI keyboard.

  async press(pitch: number, velocity: number, timeStamp = performance.now()): Promise<void> {
    if (this.held.has(pitch)) return;
    const { trackId } = this.studio;
    this.held = new Set([...this.held, pitch]);
    this.heldOn.set(pitch, trackId);
    if (band.state === "ready") {
      await band.resume();
      // A quick tap may have been let go while the browser was waking its sound.
      if (this.held.has(pitch)) band.noteOn(trackId, pitch, velocity);
    }
    this.recorder?.press(pitch, velocity, this.tickOf(timeStamp));
  }

  release(pitch: number, timeStamp = performance.now()): void {
    if (!this.held.has(pitch)) return;
    this.held = new Set([...this.held].filter((one) => one !== pitch));
    band.noteOff(this.heldOn.get(pitch) ?? this.studio.trackId, pitch);
    this.recorder?.release(pitch, this.tickOf(timeStamp), this.studio.activeLoop?.end);
  }

  /** The player answers to what was heard, so the way from clock to ear is taken off. */
  private tickOf(timeStamp: number): number {
    return this.scheduler.tickAt(band.timeOfEvent(timeStamp) - band.latencyS);
  }

  dispose(): void {
    if (this.playing) this.stop();
    band.rest();
  }
}
