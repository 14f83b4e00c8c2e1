// Plays a score in the audio clock. Every few milliseconds `pump` hands on what falls into the next tenth of a second,
// with exact times; the drawing thread may stutter without the music doing so. Notes can be edited while it plays.
import { end, isAudible, type Score, scoreEnd } from "./document";
import { barLines, barTicks, beatTicks, metreAt, TempoMap } from "./timeline";
import { firstFrom } from "./visible";

export interface Sink {
  noteOn(track: string, pitch: number, velocity: number, at: number): void;
  noteOff(track: string, pitch: number, at: number): void;
  click(accent: boolean, at: number): void;
  silence(): void;
}

export interface Loop {
  start: number;
  end: number;
}

export interface Playing {
  loop: Loop | null;
  metronome: boolean;
  /** Bars of clicks before the first note. */
  countIn: number;
  /** Where it stops by itself; null: never (while recording). */
  until: number | null;
}

export const LOOK_AHEAD_S = 0.12;
/** Between Play and the first note: enough for a message to reach the audio thread, too little to notice. */
export const LEAD_S = 0.04;

/** From this audio time on, the tick `tick` and those after it. */
interface Stretch {
  at: number;
  tick: number;
}

interface Sounding {
  track: string;
  pitch: number;
  tick: number;
}

export class Scheduler {
  playing: Playing | null = null;
  private score: Score | null = null;
  private tempo = new TempoMap([]);
  private stretches: Stretch[] = [];
  private cursor = 0;
  private sounding: Sounding[] = [];
  private clicks: { at: number; accent: boolean }[] = [];

  constructor(
    private readonly now: () => number,
    private readonly sink: Sink,
  ) {}

  start(score: Score, from: number, playing: Playing): void {
    this.score = score;
    this.tempo = new TempoMap(score.tempos);
    this.playing = playing;
    this.sounding = [];
    this.clicks = [];
    const begin = this.now() + LEAD_S;
    const metre = metreAt(score, from);
    const bar = this.tempo.seconds(from + barTicks(metre)) - this.tempo.seconds(from);
    const at = begin + bar * playing.countIn;
    for (let beat = 0; beat < metre.beats * playing.countIn; beat++) {
      this.clicks.push({ at: begin + (beat * bar) / metre.beats, accent: beat % metre.beats === 0 });
    }
    this.stretches = [{ at, tick: from }];
    this.cursor = from;
    this.pump();
  }

  stop(): void {
    this.playing = null;
    this.sounding = [];
    this.clicks = [];
    this.sink.silence();
  }

  /** The same music, edited: what is not yet handed on follows the new notes and the new tempo. */
  update(score: Score): void {
    if (!this.playing || !this.score) return;
    // A technique that goes on writing moves the end on while it plays.
    if (this.playing.until !== null) this.playing = { ...this.playing, until: scoreEnd(score) };
    const tempoChanged = score.tempos !== this.score.tempos;
    this.score = score;
    if (!tempoChanged) return;
    const at = this.timeOf(this.cursor);
    this.tempo = new TempoMap(score.tempos);
    this.stretches.push({ at, tick: this.cursor });
  }

  setLoop(loop: Loop | null): void {
    if (this.playing) this.playing = { ...this.playing, loop };
  }

  set metronome(on: boolean) {
    if (this.playing) this.playing = { ...this.playing, metronome: on };
  }

  /** The tick that is heard at an audio time; before the first note it runs backwards from it. */
  tickAt(at: number): number {
    const first = this.stretches[0];
    if (!first) return 0;
    const stretch = this.stretches.findLast((one) => one.at <= at) ?? first;
    if (at < first.at) return first.tick;
    return this.tempo.tick(this.tempo.seconds(stretch.tick) + at - stretch.at);
  }

  /** Seconds of count-in that are left; 0 once the music runs. */
  countInLeft(at: number): number {
    return Math.max(0, (this.stretches[0]?.at ?? 0) - at);
  }

  private timeOf(tick: number): number {
    const stretch = this.stretches.at(-1) as Stretch;
    return stretch.at + this.tempo.seconds(tick) - this.tempo.seconds(stretch.tick);
  }

  /** Hands on everything up to the look-ahead. False once the end was reached and the last note is over. */
  pump(): boolean {
    const { playing, score } = this;
    if (!playing || !score) return false;
    const now = this.now();
    const horizon = now + LOOK_AHEAD_S;
    this.clicks = this.clicks.filter((click) => {
      if (click.at < horizon) this.sink.click(click.accent, click.at);
      return click.at >= horizon;
    });
    // Bounded: a loop of a few ticks would otherwise turn round without end inside one call.
    for (let turns = 0; turns < 64 && this.timeOf(this.cursor) < horizon; turns++) {
      const stretch = this.stretches.at(-1) as Stretch;
      const reach = Math.ceil(this.tempo.tick(this.tempo.seconds(stretch.tick) + horizon - stretch.at));
      const loop = playing.loop && playing.loop.end > playing.loop.start ? playing.loop : null;
      const inLoop = loop !== null && this.cursor < loop.end;
      const to = inLoop ? Math.min(reach, loop.end) : Math.max(reach, this.cursor + 1);
      this.window(score, this.cursor, to, inLoop ? loop.end : Number.POSITIVE_INFINITY);
      this.cursor = to;
      if (inLoop && to === loop.end) {
        this.stretches.push({ at: this.timeOf(to), tick: loop.start });
        this.cursor = loop.start;
      }
    }
    this.forget(now);
    return !this.isOver(now);
  }

  private isOver(now: number): boolean {
    const until = this.playing?.until;
    if (until === null || until === undefined || this.playing?.loop) return false;
    return this.cursor > until && this.timeOf(until) < now;
  }

  /** Notes and clicks from one tick to another, the ends of notes first, so that a repeated note is struck anew. */
  private window(score: Score, from: number, to: number, cut: number): void {
    const events: { tick: number; order: number; send: (at: number) => void }[] = [];
    this.sounding = this.sounding.filter((note) => {
      if (note.tick > to) return true;
      events.push({
        tick: Math.max(from, note.tick),
        order: 0,
        send: (at) => this.sink.noteOff(note.track, note.pitch, at),
      });
      return false;
    });
    for (const track of score.tracks) {
      if (!isAudible(score, track)) continue;
      for (let i = firstFrom(track.notes, from); i < track.notes.length; i++) {
        const note = track.notes[i];
        if (!note || note.onset >= to) break;
        events.push({
          tick: note.onset,
          order: 1,
          send: (at) => this.sink.noteOn(track.id, note.pitch, note.velocity, at),
        });
        const off = Math.min(end(note), cut);
        if (off <= to) {
          events.push({ tick: off, order: 0, send: (at) => this.sink.noteOff(track.id, note.pitch, at) });
        } else {
          this.sounding.push({ track: track.id, pitch: note.pitch, tick: off });
        }
      }
    }
    if (this.playing?.metronome) {
      for (const beat of beatsBetween(score, from, to)) {
        events.push({ tick: beat.tick, order: 2, send: (at) => this.sink.click(beat.accent, at) });
      }
    }
    events.sort((a, b) => a.tick - b.tick || a.order - b.order);
    for (const event of events) event.send(this.timeOf(event.tick));
  }

  private forget(now: number): void {
    while (this.stretches.length > 2 && (this.stretches[1] as Stretch).at < now - 1) this.stretches.shift();
  }
}

function beatsBetween(score: Score, from: number, to: number): { tick: number; accent: boolean }[] {
  const beats: { tick: number; accent: boolean }[] = [];
  for (const line of barLines(score, from, to)) {
    const size = beatTicks(line.metre);
    for (let beat = 0; beat < line.metre.beats; beat++) {
      const tick = line.tick + beat * size;
      if (tick >= from && tick < to) beats.push({ tick, accent: beat === 0 });
    }
  }
  return beats;
}
