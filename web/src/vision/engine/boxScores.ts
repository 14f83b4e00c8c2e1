// What a detector's result comes to at a threshold. Pure.
import type { BoxClassScore, BoxScores } from "@/api/boxScores";
import { percent, plural } from "@/core/format";
import { range } from "./scores";

export interface Figures {
  /** Boxes that people have drawn, those that the model says, and those of them that hit. */
  there: number;
  said: number;
  right: number;
  recall: number;
  precision: number;
  f1: number;
}

const Z95 = 1.959963984540054;

/** 95 % score interval of a share (Wilson 1927), as the server counts it. */
export function wilson(right: number, n: number): [number, number] {
  if (n === 0) return [0, 1];
  const [p, z2] = [right / n, Z95 * Z95];
  const centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  const half = (Z95 * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n))) / (1 + z2 / n);
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

/** The place of a threshold among those that counts are told for: 0, 0.01 … 1. */
const step = (threshold: number) => Math.round(100 * threshold);

/** Of some classes together; without a threshold each at the model's own. */
export function figures(rows: readonly BoxClassScore[], threshold: number | null): Figures {
  const sum = (of: (row: BoxClassScore) => number) => rows.reduce((all, row) => all + of(row), 0);
  const there = sum((row) => row.n);
  const said = sum((row) => (threshold === null ? row.said_own : (row.said[step(threshold)] ?? 0)));
  const right = sum((row) => (threshold === null ? row.right_own : (row.right[step(threshold)] ?? 0)));
  const ratio = (part: number, whole: number) => (whole ? part / whole : 0);
  return {
    there,
    said,
    right,
    recall: ratio(right, there),
    precision: ratio(right, said),
    f1: ratio(2 * right, there + said),
  };
}

/** The threshold at which F1 is highest, the middle one where several are as good. */
export function bestThreshold(rows: readonly BoxClassScore[]): number {
  const f1 = Array.from({ length: 101 }, (_, k) => figures(rows, k / 100).f1);
  const most = Math.max(...f1);
  const best = [...f1.keys()].filter((k) => (f1[k] ?? 0) >= most - 1e-9);
  return (best[Math.floor(best.length / 2)] ?? 0) / 100;
}

/** What it comes to, in words. */
export function inWords(scores: BoxScores): string {
  const now = figures(scores.per_class, null);
  const said = [
    `It found ${now.right} of ${plural(now.there, "thing")} on ${plural(scores.n, "photo")}, and ${plural(now.said - now.right, "box was", "boxes were")} wrong.`,
  ];
  const seen = scores.per_class.filter((row) => row.n > 0);
  const hardest = seen.toSorted((a, b) => (a.ap50 ?? 0) - (b.ap50 ?? 0))[0];
  if (hardest && seen.length > 1) {
    const { right, there, recall } = figures([hardest], null);
    said.push(
      `“${hardest.name}” is the hardest: ${percent(100 * recall)} found (${range(wilson(right, there))}).`,
    );
  }
  const least = scores.sizes
    .filter((size) => size.n >= 5)
    .toSorted((a, b) => a.right_own / a.n - b.right_own / b.n)[0];
  if (least && least.right_own / least.n < now.recall - 0.1)
    said.push(`Of ${least.name} things it finds ${percent((100 * least.right_own) / least.n)}.`);
  return said.join(" ");
}
