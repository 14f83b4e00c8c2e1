// The masks of an event as one mask: a PNG for each class becomes a number for each pixel. Pure.
import { BACKGROUND, blank, type Mask } from "./mask";
import { decoded } from "./png";

export interface SeenMask {
  label: string;
  share: number;
  /** Base64; none where the event had no room for it. */
  png?: string | null;
}

/** The classes by whose places colours are chosen: the project's, then those that it has no more. */
export const orderOf = (classes: readonly string[], masks: readonly SeenMask[]): string[] => [
  ...new Set([...classes, ...masks.map((mask) => mask.label)]),
];

/** All of them in one mask, numbered as `order`; undefined where none has pixels. */
export async function planeOf(
  masks: readonly SeenMask[],
  order: readonly string[],
): Promise<Mask | undefined> {
  let all: Mask | undefined;
  for (const { label, png } of masks) {
    if (!png) continue;
    const one = await decoded(Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0)).buffer);
    all ??= blank(one.width, one.height);
    if (all.width !== one.width || all.height !== one.height) continue; // of another model: it has no place here
    const value = order.indexOf(label) + 1;
    for (const [k, there] of one.data.entries()) if (there !== BACKGROUND) all.data[k] = value;
  }
  return all;
}
