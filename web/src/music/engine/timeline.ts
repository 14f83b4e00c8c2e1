// Between ticks, seconds, bars and beats, for any list of tempos and metres.
import { type Metre, type Tempo, TICKS_PER_QUARTER, type Timeline } from "./document";

export interface Place {
  bar: number;
  beat: number;
  /** Ticks after the beat. */
  rest: number;
}

export interface BarLine {
  tick: number;
  /** Counted from 1. */
  bar: number;
  metre: Readonly<Metre>;
}

const secondsPerTick = (bpm: number) => 60 / bpm / TICKS_PER_QUARTER;

export class TempoMap {
  private readonly marks: { tick: number; second: number; perTick: number }[] = [];

  constructor(tempos: readonly Readonly<Tempo>[]) {
    let tick = 0;
    let second = 0;
    let perTick = secondsPerTick(tempos[0]?.bpm ?? 120);
    for (const tempo of tempos) {
      second += (tempo.tick - tick) * perTick;
      tick = tempo.tick;
      perTick = secondsPerTick(tempo.bpm);
      this.marks.push({ tick, second, perTick });
    }
    if (this.marks.length === 0) this.marks.push({ tick, second, perTick });
  }

  private last(test: (mark: { tick: number; second: number }) => boolean) {
    let found = this.marks[0] as { tick: number; second: number; perTick: number };
    for (const mark of this.marks) if (test(mark)) found = mark;
    return found;
  }

  seconds(tick: number): number {
    const mark = this.last((one) => one.tick <= tick);
    return mark.second + (tick - mark.tick) * mark.perTick;
  }

  tick(seconds: number): number {
    const mark = this.last((one) => one.second <= seconds);
    return mark.tick + (seconds - mark.second) / mark.perTick;
  }
}

export const beatTicks = (metre: Readonly<Metre>): number => (TICKS_PER_QUARTER * 4) / metre.beat_unit;
export const barTicks = (metre: Readonly<Metre>): number => beatTicks(metre) * metre.beats;

/** The bar lines from the bar that holds `from` up to, not including, `to`. A metre change begins a bar. */
export function barLines({ metres }: Pick<Timeline, "metres">, from: number, to: number): BarLine[] {
  const lines: BarLine[] = [];
  let bar = 1;
  metres.forEach((metre, i) => {
    const next = metres[i + 1]?.tick ?? Number.POSITIVE_INFINITY;
    const size = barTicks(metre);
    const bars = Number.isFinite(next) ? Math.ceil((next - metre.tick) / size) : Number.POSITIVE_INFINITY;
    const first = Math.max(0, Math.floor((from - metre.tick) / size));
    for (let k = first; k < bars; k++) {
      const tick = metre.tick + k * size;
      if (tick >= Math.min(to, next)) break;
      if (Math.min(tick + size, next) > from) lines.push({ tick, bar: bar + k, metre });
    }
    bar += bars;
  });
  return lines;
}

export function placeOf(timeline: Pick<Timeline, "metres">, tick: number): Place {
  const line = barLines(timeline, tick, tick + 1)[0];
  if (!line) return { bar: 1, beat: 1, rest: 0 };
  const size = beatTicks(line.metre);
  const inBar = tick - line.tick;
  return { bar: line.bar, beat: Math.floor(inBar / size) + 1, rest: inBar % size };
}

/** The grid point next to `tick`; grids begin anew at each bar, and a bar line is always one of them. */
export function snap(
  timeline: Pick<Timeline, "metres">,
  tick: number,
  grid: number,
  round: (x: number) => number = Math.round,
): number {
  if (grid <= 0) return Math.round(tick);
  const line = barLines(timeline, Math.max(0, tick), Math.max(0, tick) + 1)[0];
  if (!line) return Math.max(0, round(tick / grid) * grid);
  const size = barTicks(line.metre);
  return line.tick + Math.min(size, Math.max(0, round((tick - line.tick) / grid) * grid));
}

export function bpmAt({ tempos }: Pick<Timeline, "tempos">, tick: number): number {
  return tempos.findLast((tempo) => tempo.tick <= tick)?.bpm ?? tempos[0]?.bpm ?? 120;
}

export function metreAt({ metres }: Pick<Timeline, "metres">, tick: number): Readonly<Metre> {
  return metres.findLast((metre) => metre.tick <= tick) ?? metres[0] ?? { tick: 0, beats: 4, beat_unit: 4 };
}

/** Changes the tempo that holds at `tick`, and only that one. */
export function withBpm(timeline: Timeline, tick: number, bpm: number): Timeline {
  const at = Math.max(
    0,
    timeline.tempos.findLastIndex((tempo) => tempo.tick <= tick),
  );
  return {
    metres: timeline.metres,
    tempos: timeline.tempos.map((tempo, i) => (i === at ? { ...tempo, bpm } : tempo)),
  };
}

/** Changes the metre that holds at `tick`, and only that one. */
export function withMetre(timeline: Timeline, tick: number, beats: number, beatUnit: number): Timeline {
  const unit = beatUnit as Metre["beat_unit"];
  const at = Math.max(
    0,
    timeline.metres.findLastIndex((metre) => metre.tick <= tick),
  );
  return {
    tempos: timeline.tempos,
    metres: timeline.metres.map((metre, i) => (i === at ? { ...metre, beats, beat_unit: unit } : metre)),
  };
}

export interface Grid {
  label: string;
  spoken: string;
  ticks: number;
}

export const GRIDS: readonly Grid[] = [
  { label: "1/1", spoken: "whole notes", ticks: 1920 },
  { label: "1/2", spoken: "half notes", ticks: 960 },
  { label: "1/4", spoken: "quarter notes", ticks: 480 },
  { label: "1/8", spoken: "eighth notes", ticks: 240 },
  { label: "1/8 T", spoken: "eighth triplets", ticks: 160 },
  { label: "1/16", spoken: "sixteenth notes", ticks: 120 },
  { label: "1/16 T", spoken: "sixteenth triplets", ticks: 80 },
  { label: "1/32", spoken: "thirty-second notes", ticks: 60 },
  { label: "Off", spoken: "no grid", ticks: 0 },
];
