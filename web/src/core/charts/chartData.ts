// Metric rows, as the server sends them, shaped into the columns a chart draws. Pure functions.
import type { MetricRows } from "@/api/types";

export interface Series {
  key: string;
  label: string;
  /** A colour token: "--series-1". */
  color: string;
  axis: "left" | "right";
  values: (number | null)[];
  unit?: string;
  width?: number;
  dash?: number[];
}

/** Points of their own, not on the x grid: one an episode. */
export interface Dots {
  key: string;
  label: string;
  color: string;
  axis: "left" | "right";
  points: [number, number][];
  unit?: string;
}

/** Lays new pairs over old ones: the same step counts once, the latest value wins, steps rise. */
export function mergeRows(
  old: readonly [number, number | null][],
  fresh: readonly [number, number | null][],
): [number, number | null][] {
  const last = old[old.length - 1];
  if (fresh.length === 1 && fresh[0] && (!last || fresh[0][0] > last[0])) return [...old, fresh[0]];
  const by = new Map<number, number | null>(old);
  for (const [step, value] of fresh) by.set(step, value);
  return [...by].sort((a, b) => a[0] - b[0]);
}

export function mergeMetrics(old: MetricRows, fresh: MetricRows): MetricRows {
  const merged: MetricRows = { ...old };
  for (const [key, rows] of Object.entries(fresh)) merged[key] = mergeRows(merged[key] ?? [], rows);
  return merged;
}

/** One metric event as rows. */
export function rowsOf(step: number, values: Record<string, number | null>): MetricRows {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, [[step, value]]]));
}

export interface Grid {
  steps: number[];
  /** What the horizontal axis shows at each step: the iteration, or the step itself. */
  x: number[];
}

/** The steps at which any of the keys has a value, with their iteration where one is known. */
export function gridOf(rows: MetricRows, keys: readonly string[], xKey = "iteration"): Grid {
  const steps = [...new Set([xKey, ...keys].flatMap((key) => (rows[key] ?? []).map(([step]) => step)))].sort(
    (a, b) => a - b,
  );
  const iteration = new Map(rows[xKey] ?? []);
  if (iteration.size === 0) return { steps, x: steps };
  const known = steps.filter((step) => typeof iteration.get(step) === "number");
  return { steps: known, x: known.map((step) => iteration.get(step) as number) };
}

/** The values of one key on the grid's steps; null where there is none. */
export function column(rows: MetricRows, key: string, steps: readonly number[]): (number | null)[] {
  const by = new Map(rows[key] ?? []);
  return steps.map((step) => by.get(step) ?? null);
}

export function lastValue(rows: MetricRows, key: string): number | null {
  const row = rows[key]?.findLast(([, value]) => value !== null);
  return row ? row[1] : null;
}

/** Lowest and highest with a little air; a flat line gets room on both sides. */
export function paddedRange(low: number, high: number): [number, number] {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
  if (low === high) {
    const pad = Math.abs(low) * 0.1 || 1;
    return [low - pad, high + pad];
  }
  const pad = (high - low) * 0.06;
  return [low >= 0 && low - pad < 0 ? 0 : low - pad, high + pad];
}

export function extent(values: Iterable<number | null>): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value === null || !Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}

/** SVG path of a small curve in a box; gaps where values are missing. */
export function sparkPath(
  values: readonly (number | null)[],
  width: number,
  height: number,
  range?: [number, number],
): string {
  const [low, high] = range ?? paddedRange(...extent(values));
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  let path = "";
  let pen = false;
  for (const [i, value] of values.entries()) {
    if (value === null || !Number.isFinite(value)) {
      pen = false;
      continue;
    }
    const y = height - ((value - low) / (high - low || 1)) * height;
    path += `${pen ? "L" : "M"}${(i * step).toFixed(1)} ${y.toFixed(1)}`;
    pen = true;
  }
  return path;
}

/** At most `most` values, evenly picked, the last always among them. */
export function thin<T>(values: readonly T[], most: number): T[] {
  if (values.length <= most) return [...values];
  const step = (values.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, i) => values[Math.round(i * step)] as T);
}

/** A table of the same numbers as comma-separated text, for a spreadsheet. */
export function toCsv(
  header: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
): string {
  const cell = (value: string | number | null) => {
    const text = value === null ? "" : String(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return `${[header, ...rows].map((row) => row.map(cell).join(",")).join("\n")}\n`;
}
