// A mask: one number for each pixel of a photo. Pure, without the page.

export interface Mask {
  width: number;
  height: number;
  /** Row by row: 0 for the background, the class's place plus 1, 255 where nobody can say. */
  data: Uint8Array;
}
export const BACKGROUND = 0;
export const UNSURE = 255;
/** What paint may lie on: everything, or only what has no class yet. */
export type Over = "all" | "free";

export const blank = (width: number, height: number, value = BACKGROUND): Mask => ({
  width,
  height,
  data: new Uint8Array(width * height).fill(value),
});

export const copied = (mask: Mask): Mask => ({ ...mask, data: mask.data.slice() });

/** Paints the pixels of a row whose centres lie between two places. */
export function paintRow(mask: Mask, y: number, from: number, to: number, value: number, over: Over): void {
  if (y < 0 || y >= mask.height) return;
  const first = Math.max(0, Math.ceil(from - 0.5));
  const last = Math.min(mask.width - 1, Math.floor(to - 0.5));
  if (last < first) return;
  const at = y * mask.width;
  if (over === "all") mask.data.fill(value, at + first, at + last + 1);
  else for (let k = at + first; k <= at + last; k += 1) if (isFree(mask.data[k])) mask.data[k] = value;
}

export const isFree = (value: number | undefined): boolean => value === BACKGROUND || value === UNSURE;

/** How many pixels have each value. */
export function counts(mask: Mask): Map<number, number> {
  const found = new Uint32Array(256);
  for (const value of mask.data) found[value] = (found[value] ?? 0) + 1;
  return new Map([...found].flatMap((n, value) => (n ? [[value, n] as const] : [])));
}

export const same = (one: Mask, other: Mask): boolean =>
  one.width === other.width &&
  one.data.length === other.data.length &&
  one.data.every((value, k) => value === other.data[k]);
