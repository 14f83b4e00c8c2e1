// The players: a General MIDI synthesizer in an audio worklet, one channel a part, behind a limiter and a level meter.
// Loaded on the first visit of a page that needs it; everything comes from the own server.

import * as bundled from "virtual:soundfont";
import type { BasicSynthesizer } from "spessasynth_lib";
import processorUrl from "spessasynth_lib/dist/spessasynth_processor.min.js?url";
import { ApiError, asApiError } from "@/api/problem";
import type { Score, Track } from "../engine/document";
import { isAudible } from "../engine/document";
import type { Sink } from "../engine/scheduler";
import { CLICK_CHANNEL, channelOf, MASTER_GAIN, WARM_CHANNEL } from "./channels";
import { fetchFont, readOwnFont } from "./fontFile";

const VOLUME = 7;
const PAN = 10;
const CLICK_HIGH = 76;
const CLICK_LOW = 77;
/** Unpacked before Play is offered; the others of the instrument follow while nothing sounds. */
const WARM_PITCHES = 24;
const LOWEST_WARM = 36;
const HIGHEST_WARM = 96;
/** Beyond it the oldest voices give way, before two slow cores do. */
const MOST_VOICES = 128;
const WARM_EVERY_MS = 150;
const WARM_AT_ONCE = 3;
const QUIET_S = 1.5;
const WARM_VELOCITY = 80;

interface Seat {
  channel: number;
  program: number;
  is_drum: boolean;
  volume: number;
  pan: number;
}

class Band implements Sink {
  state = $state<"idle" | "loading" | "ready" | "failed">("idle");
  /** 0 to 1 while the instruments are on their way. */
  progress = $state(0);
  error = $state.raw<ApiError | null>(null);
  /** The user's own sound font; empty while the bundled one plays. */
  ownFont = $state("");
  ownBytes: ArrayBuffer | null = null;
  private context: AudioContext | null = null;
  private synth: BasicSynthesizer | null = null;
  private gate: GainNode | null = null;
  private meter: AnalyserNode | null = null;
  private readonly samples = new Float32Array(2048);
  private readonly seats = new Map<string, Seat>();
  private readonly warmed = new Set<string>();
  private cold: { program: number; is_drum: boolean; pitch: number }[] = [];
  private coldTimer: ReturnType<typeof setInterval> | undefined;
  private shutTimer: ReturnType<typeof setTimeout> | undefined;
  private lastNoteAt = 0;
  private score: Score | null = null;
  private loading: Promise<void> | null = null;

  /** Fetches and starts everything once; later calls wait for the same. */
  load(): Promise<void> {
    if (this.state === "failed") this.loading = null;
    this.loading ??= this.begin();
    return this.loading;
  }

  private async begin(): Promise<void> {
    this.state = "loading";
    this.error = null;
    try {
      const [{ WorkletSynthesizer }, font] = await Promise.all([
        import("spessasynth_lib"),
        fetchFont(bundled.url, bundled.bytes, (share) => {
          this.progress = share;
        }),
      ]);
      const context = new AudioContext({ latencyHint: "interactive" });
      await context.audioWorklet.addModule(processorUrl);
      const synth = new WorkletSynthesizer(context, { eventsEnabled: false });
      this.wire(context, synth);
      await synth.soundBankManager.addSoundBank(font, "main");
      await synth.isReady;
      this.synth = synth;
      synth.setSystemParameter("voiceCap", MOST_VOICES);
      this.seat(CLICK_CHANNEL, 0);
      synth.controllerChange(WARM_CHANNEL, VOLUME, 0);
      if (this.score) this.follow(this.score);
      // An answer comes once all that was asked before is done: now the samples of this piece are unpacked.
      await synth.getSnapshot();
      this.state = "ready";
    } catch (thrown) {
      this.error = asApiError(thrown);
      this.state = "failed";
    }
  }

  /** Many parts at full volume would clip; the limiter bends the peaks, and the gate silences what is still queued. */
  private wire(context: AudioContext, synth: BasicSynthesizer): void {
    const limiter = new DynamicsCompressorNode(context, {
      threshold: -8,
      knee: 6,
      ratio: 16,
      attack: 0.002,
      release: 0.15,
    });
    this.gate = new GainNode(context, { gain: MASTER_GAIN });
    this.meter = new AnalyserNode(context, { fftSize: 2048 });
    synth.connect(this.gate);
    this.gate.connect(limiter).connect(this.meter).connect(context.destination);
    this.context = context;
    // Waking the sound takes a while on some machines: it begins with the first touch of the page, not with Play.
    for (const kind of ["pointerdown", "keydown"] as const) {
      window.addEventListener(kind, () => void context.resume(), { once: true, capture: true });
    }
  }

  async useOwnFont(file: File): Promise<void> {
    const bytes = await readOwnFont(file);
    await this.load();
    if (!this.synth) throw this.error;
    const copy = bytes.slice(0);
    const manager = this.synth.soundBankManager;
    await this.useBundledFont();
    await this.addOrRefuse(this.synth, copy, file.name);
    manager.priorityOrder = ["own", "main"];
    this.ownBytes = bytes;
    this.ownFont = file.name;
    this.reseat();
  }

  /** A font whose inside is broken is told by an event, while the promise would wait for ever. */
  private addOrRefuse(synth: BasicSynthesizer, font: ArrayBuffer, name: string): Promise<void> {
    const broken = () =>
      new ApiError(`${name} is broken inside.`, "Choose another .sf2 or .sf3 file.", -1, "sound_font");
    return new Promise<void>((resolve, reject) => {
      synth.eventHandler.addEvent("soundBankError", "own", () => reject(broken()));
      synth.soundBankManager.addSoundBank(font, "own").then(resolve, reject);
    }).finally(() => synth.eventHandler.removeEvent("soundBankError", "own"));
  }

  async useBundledFont(): Promise<void> {
    if (!this.ownFont || !this.synth) return;
    await this.synth.soundBankManager.deleteSoundBank("own");
    this.ownBytes = null;
    this.ownFont = "";
    this.reseat();
  }

  private reseat(): void {
    this.seats.clear();
    this.warmed.clear();
    if (this.score) this.follow(this.score);
  }

  /** Has to be called from a press: browsers let no page make a sound before one. */
  async resume(): Promise<void> {
    await this.load();
    if (this.context?.state === "suspended") await this.context.resume();
  }

  /** Leaves the sound device alone while no page plays. */
  rest(): void {
    void this.context?.suspend();
  }

  readonly now = (): number => this.context?.currentTime ?? 0;

  /** How long a sound takes from the audio clock to the ear, as far as the browser knows. */
  get latencyS(): number {
    return this.context ? this.context.baseLatency + (this.context.outputLatency || 0) : 0;
  }

  /** The audio time at which an input event happened. */
  timeOfEvent(timeStamp: number): number {
    return this.now() - (performance.now() - timeStamp) / 1000;
  }

  /** Loudest sample of the last moment, 0 to 1 and beyond where it clips. */
  level(): number {
    if (!this.meter) return 0;
    this.meter.getFloatTimeDomainData(this.samples);
    let peak = 0;
    for (const sample of this.samples) peak = Math.max(peak, Math.abs(sample));
    return peak;
  }

  /** Gives every track its channel, instrument, volume and place; only what changed is sent. */
  follow(score: Score): void {
    this.score = score;
    if (!this.synth) return;
    score.tracks.forEach((track, index) => {
      const channel = channelOf(index);
      while (channel >= (this.synth?.channelCount ?? 0)) this.synth?.addNewChannel();
      const old = this.seats.get(track.id);
      const volume = isAudible(score, track) ? track.volume : 0;
      const { program, is_drum, pan } = track;
      if (old?.channel !== channel || old.program !== program || old.is_drum !== is_drum) {
        this.seat(channel, program, is_drum);
        this.synth?.controllerChange(channel, VOLUME, volume);
        this.synth?.controllerChange(channel, PAN, pan);
      } else if (old.volume !== volume || old.pan !== pan) {
        this.synth?.controllerChange(channel, VOLUME, volume);
        this.synth?.controllerChange(channel, PAN, pan);
      }
      this.seats.set(track.id, { channel, program, is_drum, volume, pan });
      this.warm(track);
    });
  }

  private seat(channel: number, program: number, isDrum = channel === CLICK_CHANNEL): void {
    this.synth?.midiChannels[channel]?.setDrums(isDrum);
    this.synth?.programChange(channel, program);
  }

  /** Unpacks the samples that a track will need by playing them to nobody, so that the first note is not late. */
  private warm(track: Track): void {
    const wanted = new Set<number>();
    for (const note of track.notes) {
      if (wanted.size >= WARM_PITCHES) break;
      wanted.add(note.pitch);
    }
    for (const pitch of wanted.size ? wanted : [60]) this.warmOne(track, pitch);
    const rest = Array.from({ length: HIGHEST_WARM - LOWEST_WARM }, (_, i) => LOWEST_WARM + i);
    const { program, is_drum } = track;
    this.cold = this.cold.filter((one) => one.program !== program || one.is_drum !== is_drum);
    this.cold.push(...rest.map((pitch) => ({ program, is_drum, pitch })));
    this.coldTimer ??= setInterval(() => this.warmMore(), WARM_EVERY_MS);
  }

  /** The rest of the instrument, a little at a time, and only while nobody could hear a stutter. */
  private warmMore(): void {
    if (this.now() - this.lastNoteAt < QUIET_S) return;
    for (const { pitch, ...instrument } of this.cold.splice(0, WARM_AT_ONCE)) this.warmOne(instrument, pitch);
    if (this.cold.length > 0) return;
    clearInterval(this.coldTimer);
    this.coldTimer = undefined;
  }

  private warmOne({ program, is_drum }: Pick<Track, "program" | "is_drum">, pitch: number): void {
    const name = `${is_drum}/${program}/${pitch}`;
    if (this.warmed.has(name)) return;
    this.warmed.add(name);
    this.seat(WARM_CHANNEL, program, is_drum);
    this.synth?.noteOn(WARM_CHANNEL, pitch, WARM_VELOCITY);
    this.synth?.noteOff(WARM_CHANNEL, pitch);
  }

  noteOn(track: string, pitch: number, velocity: number, at?: number): void {
    const seat = this.seats.get(track);
    this.lastNoteAt = Math.max(this.lastNoteAt, at ?? this.now());
    if (seat) this.synth?.noteOn(seat.channel, pitch, velocity, at === undefined ? undefined : { time: at });
  }

  noteOff(track: string, pitch: number, at?: number): void {
    const seat = this.seats.get(track);
    if (seat) this.synth?.noteOff(seat.channel, pitch, at === undefined ? undefined : { time: at });
  }

  click(accent: boolean, at: number): void {
    const pitch = accent ? CLICK_HIGH : CLICK_LOW;
    this.synth?.noteOn(CLICK_CHANNEL, pitch, accent ? 120 : 90, { time: at });
    this.synth?.noteOff(CLICK_CHANNEL, pitch, { time: at + 0.1 });
  }

  /** A short note to hear what is drawn or pressed. */
  async audition(track: string, pitch: number, velocity: number): Promise<void> {
    if (this.state !== "ready") return;
    await this.resume();
    this.noteOn(track, pitch, velocity);
    this.noteOff(track, pitch, this.now() + 0.3);
  }

  silence(): void {
    const { gate, context, synth } = this;
    if (!gate || !context || !synth) return;
    // Notes already handed on cannot be called back: shut the gate until they are past, then open it again.
    const now = context.currentTime;
    gate.gain.cancelScheduledValues(now);
    gate.gain.setTargetAtTime(0, now, 0.015);
    synth.stopAll();
    clearTimeout(this.shutTimer);
    this.shutTimer = setTimeout(() => this.openGate(), 220);
  }

  /** Before new notes: what a stop has shut is opened at once. */
  openGate(): void {
    if (!this.gate || !this.context || this.shutTimer === undefined) return;
    clearTimeout(this.shutTimer);
    this.shutTimer = undefined;
    this.synth?.stopAll(true);
    this.gate.gain.cancelScheduledValues(this.context.currentTime);
    this.gate.gain.setValueAtTime(MASTER_GAIN, this.context.currentTime);
  }
}

export const band = new Band();
export const fontLicence = bundled.licence;
