// How a sample's measures read: near enough to real music, or off, and where to draw it. Pure functions.
import type { MeasureRow } from "@/api/training";
import { number } from "@/core/format";

export type Verdict = "like real music" | "not told apart" | "off";

/** Off only where chance does not explain it: its interval lies above that of real music. */
export function verdict(row: MeasureRow): Verdict {
  if (row.distance <= row.floor_interval[1]) return "like real music";
  return row.interval[0] > row.floor_interval[1] ? "off" : "not told apart";
}

/** "3 of 12 measures are off; the others can't be told from real music." */
export function summaryText(rows: readonly MeasureRow[]): string {
  const off = rows.filter((row) => verdict(row) === "off").length;
  if (off === 0) return `In none of ${rows.length} measures can these pieces be told from real music.`;
  const rest = rows.length - off;
  return `In ${off} of ${rows.length} measures these pieces differ from real music; in the other ${rest} the difference could be chance.`;
}

export interface Drawn {
  /** All in per cent of the widest row. */
  distance: number;
  low: number;
  high: number;
  floorLow: number;
  floorHigh: number;
}

/** A row as shares of its own largest figure, so that bits and semitones fit the same picture. */
export function drawn(row: MeasureRow): Drawn {
  const most = Math.max(row.distance, row.interval[1], row.floor_interval[1]) || 1;
  const share = (value: number) => (100 * value) / most;
  return {
    distance: share(row.distance),
    low: share(row.interval[0]),
    high: share(row.interval[1]),
    floorLow: share(row.floor_interval[0]),
    floorHigh: share(row.floor_interval[1]),
  };
}

/** "0.31 [0.12, 0.44]" */
export const withInterval = (value: number, [low, high]: [number, number] | number[]): string =>
  `${number(value)} [${number(low)}, ${number(high)}]`;
