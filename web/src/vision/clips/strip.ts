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

/** The ranges with what lies between two moments named, in the order of time. What is named otherwise stays so, and the
 * new one ends at it; a range that is chosen whole gets the other name. The same where nothing is left to name. */
export function added(ranges: readonly Range[], label: string, from_s: number, to_s: number): Range[] {
  const [start_s, end_s] = [Math.min(from_s, to_s), Math.max(from_s, to_s)];
  const others = ranges.filter((one) => one.start_s !== start_s || one.end_s !== end_s);
  let free = [{ label, start_s, end_s }];
  for (const taken of others.filter((one) => one.label !== label))
    free = free.flatMap((one) =>
      [
        { ...one, end_s: Math.min(one.end_s, taken.start_s) },
        { ...one, start_s: Math.max(one.start_s, taken.end_s) },
      ].filter((left) => left.end_s - left.start_s >= LEAST_S),
    );
  if (free.length === 0) return [...ranges];
  return joined([...others, ...free]);
}

/** In the order of time, those of one class that overlap as one, as the studio keeps them. */
function joined(ranges: Range[]): Range[] {
  const found: Range[] = [];
  for (const one of ranges.sort((a, b) => a.start_s - b.start_s || a.end_s - b.end_s)) {
    const last = found.at(-1);
    if (last && last.label === one.label && one.start_s < last.end_s)
      found[found.length - 1] = { ...last, end_s: Math.max(last.end_s, one.end_s) };
    else found.push(one);
  }
  return found;
}

/** Why nothing between two moments can be named, in a sentence. */
export const whyNot = (from_s: number, to_s: number): string =>
  Math.abs(to_s - from_s) < LEAST_S
    ? "That is too short. Set in and out further apart."
    : "All of that has another name already. Delete that range, or press it and name it anew.";

/** What is said of a video in lists. */
export function rangesCaption(video: Video): string {
  if (!video.ranges) return "no class";
  return [...new Set(video.ranges.map((one) => one.label))].join(", ") || "nothing in it";
}
