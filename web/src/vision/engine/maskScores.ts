// What the result of a segmentation model says, as its training has written it. Pure.
import { percent } from "@/core/format";
import { range } from "./scores";

type Interval = [number, number];
export interface MaskClass {
  iou: number | null;
  interval: Interval | null;
  /** Photos that show it, and its share of all pixels. */
  n: number;
  area: number;
  recall: number | null;
  precision: number | null;
}
export interface MaskReport {
  how: string;
  miou: number;
  interval: Interval | null;
  pixel_accuracy: number;
  border_accuracy: number | null;
  baseline: { name: string; miou: number };
  n: number;
  learned_from: number;
  /** Background first. */
  per_class: Record<string, MaskClass>;
  /** Pixels: rows what is painted, columns what was said. */
  confusion: number[][];
}
export interface PaintedPhoto {
  sha256: string;
  name: string;
  miou: number;
  pixel_accuracy: number;
}

/** Each row in whole percent of its pixels; what is little but there stays above 0. */
export const shares = (confusion: readonly (readonly number[])[]): number[][] =>
  confusion.map((row) => {
    const sum = row.reduce((all, n) => all + n, 0);
    return row.map((n) => (n === 0 ? 0 : Math.max(1, Math.round((100 * n) / sum))));
  });

export function inWords(report: MaskReport): string {
  const said = [`It paints ${percent(100 * report.pixel_accuracy, 1)} of the pixels as people did.`];
  const seen = Object.entries(report.per_class).filter(([, row]) => row.iou !== null);
  const [name, worst] = seen.toSorted(([, a], [, b]) => (a.iou ?? 0) - (b.iou ?? 0))[0] ?? [];
  if (name && worst && worst.iou !== null && seen.length > 1) {
    const interval = worst.interval ? ` (${range(worst.interval)})` : "";
    said.push(`“${name}” fits worst: ${percent(100 * worst.iou)} in common${interval}.`);
    const { recall = 1, precision = 1 } = worst;
    if (recall !== null && precision !== null && Math.abs(recall - precision) > 0.1)
      said.push(
        recall < precision
          ? `It misses ${percent(100 * (1 - recall))} of it.`
          : `${percent(100 * (1 - precision))} of what it calls so is something else.`,
      );
  }
  if ((report.interval?.[0] ?? report.miou) <= report.baseline.miou)
    said.push("That may be no better than painting nothing: it needs more photos, or more updates.");
  return said.join(" ");
}
