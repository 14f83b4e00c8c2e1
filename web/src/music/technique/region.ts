// Where a technique may change something: bars, pitches and parts, under the names that techniques give these controls.
import { type Config, type Field, getAt, setAt } from "@/core/forms/formModel";
import { end, type RollNote, type Score, scoreEnd } from "../engine/document";
import type { Box } from "../engine/overlay";
import type { Loop } from "../engine/scheduler";
import { barLines, placeOf } from "../engine/timeline";
import { pitchName } from "../engine/transform";

const BARS = ["first_bar", "last_bar"];
const PITCHES = ["lowest_pitch", "highest_pitch"];
/** How the schema writes that a text is a part's id. */
export const PART = "^[A-Za-z0-9_-]{1,40}$";
const MODE = "mode";
const REWRITE = "regenerate";
const REMOVED_SHARE = "max_removed_percent";
export const REGION_KEYS: ReadonlySet<string> = new Set([...BARS, ...PITCHES, "parts", "clear_first"]);

export interface Region {
  first: number | null;
  last: number | null;
  low: number;
  high: number;
  /** Null: all of them. */
  parts: readonly string[] | null;
}

/** What a technique's own controls let a person choose of it. */
export interface Reach {
  bars: boolean;
  pitches: boolean;
  parts: boolean;
  /** Whether a region can be made anew: emptied first, or written over. */
  anew: boolean;
  clear: boolean;
}

export function reachOf(fields: readonly Field[]): Reach {
  const keys = new Set(fields.map((field) => field.key));
  return {
    bars: BARS.every((key) => keys.has(key)),
    pitches: PITCHES.every((key) => keys.has(key)),
    parts: keys.has("parts"),
    anew: keys.has("clear_first") || hasRewriting(fields),
    clear: keys.has("clear_first"),
  };
}

const hasRewriting = (fields: readonly Field[]) =>
  fields.some((field) => field.key === MODE && field.choices.includes(REWRITE));

/** The controls for making a region anew: all that is in it goes. */
export function anewIn(config: Config, fields: readonly Field[], region: Region): Config {
  const has = (key: string) => fields.some((field) => field.key === key);
  let next = withRegion(config, reachOf(fields), region);
  if (has("clear_first")) next = setAt(next, ["clear_first"], true);
  if (has(REMOVED_SHARE)) next = setAt(next, [REMOVED_SHARE], 100);
  return hasRewriting(fields) ? setAt(next, [MODE], REWRITE) : next;
}

const number = (config: Config, key: string): number | null => {
  const value = getAt(config, [key]);
  return typeof value === "number" ? value : null;
};

export function regionOf(config: Config): Region {
  const parts = getAt(config, ["parts"]);
  return {
    first: number(config, "first_bar"),
    last: number(config, "last_bar"),
    low: number(config, "lowest_pitch") ?? 0,
    high: number(config, "highest_pitch") ?? 127,
    parts: Array.isArray(parts) ? (parts as string[]) : null,
  };
}

/** The controls with another region; what the technique has no control for is left out. */
export function withRegion(config: Config, reach: Reach, region: Region): Config {
  let next = config;
  const set = (key: string, value: Config[string]) => {
    next = setAt(next, [key], value);
  };
  if (reach.bars) {
    set("first_bar", region.first);
    set("last_bar", region.last);
  }
  if (reach.pitches) {
    set("lowest_pitch", region.low);
    set("highest_pitch", region.high);
  }
  if (reach.parts) set("parts", region.parts && [...region.parts]);
  return next;
}

export const WHOLE: Region = { first: null, last: null, low: 0, high: 127, parts: null };

export function isWhole(region: Region): boolean {
  const { first, last, low, high, parts } = region;
  return first === null && last === null && low === 0 && high === 127 && parts === null;
}

/** The bars of a stretch; every pitch and part in it. */
export function regionOfLoop(score: Score, loop: Loop): Region {
  return {
    ...WHOLE,
    first: placeOf(score, loop.start).bar,
    last: placeOf(score, Math.max(loop.start, loop.end - 1)).bar,
  };
}

/** The bars, the pitches and the part of the notes that are selected. */
export function regionOfNotes(score: Score, part: string, notes: readonly RollNote[]): Region {
  const from = Math.min(...notes.map((note) => note.onset));
  const to = Math.max(...notes.map(end));
  const pitches = notes.map((note) => note.pitch);
  return {
    ...regionOfLoop(score, { start: from, end: to }),
    low: Math.min(...pitches),
    high: Math.max(...pitches),
    parts: [part],
  };
}

/** As the roll draws it; null for the whole piece. */
export function boxOf(score: Score, region: Region): Box | null {
  if (isWhole(region)) return null;
  const last = Math.max(scoreEnd(score), 1);
  const lines = barLines(score, 0, last);
  const begin = region.first === null ? 0 : (lines[region.first - 1]?.tick ?? last);
  const after = region.last === null ? undefined : lines[region.last]?.tick;
  return { from: begin, to: after ?? barEnd(score, last), low: region.low, high: region.high };
}

function barEnd(score: Score, last: number): number {
  const line = barLines(score, last - 1, last)[0];
  return line ? line.tick + (line.metre.beats * 4 * 480) / line.metre.beat_unit : last;
}

/** "bars 3 to 6, C4 to G5, Melody" */
export function regionText(region: Region, score: Score): string {
  if (isWhole(region)) return "the whole piece";
  const { first, last, low, high, parts } = region;
  const said: string[] = [];
  if (first !== null && first === last) said.push(`bar ${first}`);
  else if (first !== null && last !== null) said.push(`bars ${first} to ${last}`);
  else if (first !== null) said.push(`from bar ${first} on`);
  else if (last !== null) said.push(`up to bar ${last}`);
  if (low > 0 || high < 127) said.push(`${pitchName(low)} to ${pitchName(high)}`);
  if (parts) {
    const names = score.tracks
      .filter((track) => parts.includes(track.id))
      .map((track) => track.name || track.id);
    said.push(names.length ? names.join(" and ") : "no part");
  }
  return said.join(", ");
}
