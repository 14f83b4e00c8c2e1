// Clips in pages: which tile of a strip shows a moment, and what I, O and the number keys make of a video. Pure.
import type { components } from "@/api/schema";

type Schemas = components["schemas"];

export type Video = Schemas["VideoView"];
export type Range = Schemas["RangeView"];

const COLUMNS = 10;
/** The model's moments a second: in and out are set to these. */
export const STEP_S = 1 / 8;
const LEAST_S = 0.2;

/** The tile that shows a moment. */
export function tileAt(video: Pick<Video, "duration_s" | "tiles">, time_s: number): number {
  const tile = Math.floor((time_s / video.duration_s) * video.tiles + 1e-6);
  return Math.max(0, Math.min(tile, video.tiles - 1));
}

/** That tile as the background of an element, in CSS. */
export function background(video: Pick<Video, "tiles">, tile: number): { size: string; position: string } {
  const rows = Math.ceil(video.tiles / COLUMNS);
  const share = (place: number, count: number) => (count > 1 ? (100 * place) / (count - 1) : 0);
  const [x, y] = [share(tile % COLUMNS, COLUMNS), share(Math.floor(tile / COLUMNS), rows)];
  return { size: `${100 * COLUMNS}% ${100 * rows}%`, position: `${x.toFixed(3)}% ${y.toFixed(3)}%` };
}

/** To the nearest moment, within the video. */
export const snapped = (time_s: number, duration_s: number) =>
  Math.max(0, Math.min(Math.round(time_s / STEP_S) * STEP_S, duration_s));

/** The ranges with one more, in the order of time; the same where it would be too short. */
export function added(ranges: readonly Range[], label: string, from_s: number, to_s: number): Range[] {
  const [start_s, end_s] = [Math.min(from_s, to_s), Math.max(from_s, to_s)];
  if (end_s - start_s < LEAST_S) return [...ranges];
  return [...ranges, { label, start_s, end_s }].sort((a, b) => a.start_s - b.start_s || a.end_s - b.end_s);
}

/** What is said of a video in lists. */
export function rangesCaption(video: Video): string {
  if (!video.ranges) return "no class";
  return [...new Set(video.ranges.map((one) => one.label))].join(", ") || "nothing in it";
}
