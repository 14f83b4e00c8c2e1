// A mask as colours over its photo. Pure.
import { colourOf } from "../../boxes/engine/geometry";
import { type Mask, UNSURE } from "./mask";

export type Rgb = readonly [number, number, number];
const HATCH = 6; // pixels from one stripe to the next where nobody can say

/** A class's colour, the same as its boxes would have, as numbers. */
export function rgbOf(index: number): Rgb {
  const [h = 0, s = 0, l = 0] = (colourOf(index).match(/[\d.]+/g) ?? []).map(Number);
  const a = (s / 100) * Math.min(l / 100, 1 - l / 100);
  const channel = (n: number) => {
    const k = (n + h / 30) % 12;
    return Math.round(255 * (l / 100 - a * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [channel(0), channel(8), channel(4)];
}

/** The rows from one up to another. */
export type Rows = readonly [number, number];

/** RGBA of some rows of the mask, classes by their colours, stripes where nobody can say; edges are full, so that they
 * show. */
export function coloured(
  mask: Mask,
  alpha: number,
  colours: readonly Rgb[],
  [top, bottom]: Rows = [0, mask.height],
): Uint8ClampedArray<ArrayBuffer> {
  const { width, height, data } = mask;
  const out = new Uint8ClampedArray(4 * width * (bottom - top));
  const [soft, full] = [Math.round(255 * alpha), alpha ? 255 : 0];
  for (let y = top; y < bottom; y += 1)
    for (let x = 0; x < width; x += 1) {
      const k = y * width + x;
      const to = 4 * (k - top * width);
      const value = data[k] ?? 0;
      const colour = value === UNSURE ? GREY : colours[value - 1];
      if (value === 0 || !colour || (value === UNSURE && (x + y) % HATCH > 1)) continue; // clear, as it is
      const edge =
        (x > 0 && data[k - 1] !== value) ||
        (x + 1 < width && data[k + 1] !== value) ||
        (y > 0 && data[k - width] !== value) ||
        (y + 1 < height && data[k + width] !== value);
      out[to] = colour[0];
      out[to + 1] = colour[1];
      out[to + 2] = colour[2];
      out[to + 3] = edge ? full : soft;
    }
  return out;
}
const GREY: Rgb = [235, 235, 235];
