// What a model proposes for a photo, less what is drawn already and what a person has turned down. Pure.
import type { Box, Xyxy } from "./geometry";

export interface Proposed extends Box {
  confidence: number;
}
const SAME = 0.6; // overlap from which a drawn box stands for a proposed one

export function overlap([a1, b1, a2, b2]: Xyxy, [c1, d1, c2, d2]: Xyxy): number {
  const width = Math.min(a2, c2) - Math.max(a1, c1);
  const height = Math.min(b2, d2) - Math.max(b1, d1);
  if (width <= 0 || height <= 0) return 0;
  const common = width * height;
  return common / ((a2 - a1) * (b2 - b1) + (c2 - c1) * (d2 - d1) - common);
}

const keyOf = (box: Box) => `${box.label} ${box.xyxy.join(" ")}`;

/** Those that are still to be decided on, the surest first; one that was taken comes back when it is undone. Where a model
 * doubts the class of a drawn box, only one of its own class settles it (`ofItsClass`). */
export function undecided(
  proposed: readonly Proposed[],
  drawn: readonly Box[],
  rejected: ReadonlySet<string>,
  ofItsClass = false,
): Proposed[] {
  const settles = (one: Box, box: Box) =>
    overlap(one.xyxy, box.xyxy) >= SAME && (!ofItsClass || one.label === box.label);
  return proposed
    .filter((box) => !rejected.has(keyOf(box)) && !drawn.some((one) => settles(one, box)))
    .toSorted((one, other) => other.confidence - one.confidence);
}

export const rejecting = (rejected: ReadonlySet<string>, box: Box): ReadonlySet<string> =>
  new Set([...rejected, keyOf(box)]);

/** The boxes with a proposed one among them, in the place of one that lies there and has another class. */
export const accepted = (drawn: readonly Box[], { label, xyxy }: Proposed): Box[] => [
  ...drawn.filter((one) => one.label === label || overlap(one.xyxy, xyxy) < SAME),
  { label, xyxy },
];
