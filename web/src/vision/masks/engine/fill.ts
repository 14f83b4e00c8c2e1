// Filling from a place: what hangs together by its value in the mask, or by its colour in the photo. Pure.
import { isFree, type Mask, type Over } from "./mask";

/** A photo's pixels, RGBA, of the mask's size. */
export interface Pixels {
  width: number;
  height: number;
  data: Uint8ClampedArray | Uint8Array;
}

/** Gives everything that has the same value and hangs together with a place (by its four sides) another value. */
export function flood(mask: Mask, x: number, y: number, value: number, over: Over = "all"): void {
  const start = mask.data[y * mask.width + x];
  if (!inside(mask, x, y) || start === value || (over === "free" && !isFree(start))) return;
  for (const k of region(mask.width, mask.height, x, y, (at) => mask.data[at] === start))
    mask.data[k] = value;
}

/** The same for what has about the colour of that place; `tolerance` is the greatest difference of a channel, 0 to 255. */
export function floodByColour(
  mask: Mask,
  photo: Pixels,
  at: { x: number; y: number },
  value: number,
  tolerance: number,
  over: Over = "all",
): void {
  if (!inside(mask, at.x, at.y) || photo.width !== mask.width || photo.height !== mask.height) return;
  const start = 4 * (at.y * mask.width + at.x);
  const wanted = photo.data.slice(start, start + 3);
  const alike = (k: number) =>
    [0, 1, 2].every((c) => Math.abs((photo.data[4 * k + c] ?? 0) - (wanted[c] ?? 0)) <= tolerance) &&
    (over === "all" || isFree(mask.data[k]));
  for (const k of region(mask.width, mask.height, at.x, at.y, alike)) mask.data[k] = value;
}

const inside = ({ width, height }: Mask, x: number, y: number) => x >= 0 && y >= 0 && x < width && y < height;

/** The pixels that hang together with one of them: a run of a row at a time, so that the stack stays short. */
function region(
  width: number,
  height: number,
  x: number,
  y: number,
  belongs: (at: number) => boolean,
): number[] {
  const seen = new Uint8Array(width * height);
  const open = (at: number) => seen[at] === 0 && belongs(at);
  const found: number[] = [];
  const stack = open(y * width + x) ? [y * width + x] : [];
  for (let seed = stack.pop(); seed !== undefined; seed = stack.pop()) {
    if (!open(seed)) continue;
    const row = Math.floor(seed / width) * width;
    let left = seed;
    while (left > row && open(left - 1)) left -= 1;
    let right = seed;
    while (right < row + width - 1 && open(right + 1)) right += 1;
    for (let at = left; at <= right; at += 1) {
      seen[at] = 1;
      found.push(at);
    }
    for (const next of [row - width, row + width])
      if (next >= 0 && next < width * height)
        for (let at = next + left - row; at <= next + right - row; at += 1)
          if (open(at) && (at === next + left - row || !open(at - 1))) stack.push(at);
  }
  return found;
}
