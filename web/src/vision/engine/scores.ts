// What an evaluation says, in words. Pure.
import type { VisionEvaluation } from "@/api/vision";
import { percent } from "@/core/format";

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
export const range = ([low, high]: readonly [number, number]): string =>
  `${percent(100 * low)} to ${percent(100 * high)}`;

/** The cell off the diagonal with the most photos. */
export function commonest(
  report: Pick<VisionEvaluation, "classes" | "confusion">,
): { label: string; predicted: string; n: number } | null {
  let found: { label: string; predicted: string; n: number } | null = null;
  report.confusion.forEach((row, i) => {
    row.forEach((n, j) => {
      if (i !== j && n > (found?.n ?? 0))
        found = { label: report.classes[i] ?? "", predicted: report.classes[j] ?? "", n };
    });
  });
  return found;
}

export function sentence(report: VisionEvaluation, thing = "photo"): string {
  const wrong = report.n - Math.round(report.accuracy * report.n);
  if (wrong === 0)
    return `It was right on all ${report.n} ${thing}s. With so few, nobody can say whether it always will be: the interval is ${range(report.interval)}.`;
  const said = [`It was wrong on ${wrong} of ${report.n} ${thing}s.`];
  const most = commonest(report);
  if (most && wrong > 1) said.push(`Most often it took “${most.label}” for “${most.predicted}” (${most.n}).`);
  const seen = report.per_class.filter((row) => row.n > 0);
  const least = seen.reduce(
    (worst, row) => (row.recall < worst.recall ? row : worst),
    seen[0] ?? { name: "", recall: 1, interval: [0, 1] as [number, number] },
  );
  if (least.name && least.recall < report.accuracy)
    said.push(
      `“${least.name}” is the hardest: ${percent(100 * least.recall)} found (${range(least.interval)}).`,
    );
  if (report.interval[0] <= report.baseline.accuracy)
    said.push(`That may be no better than always naming the most frequent class: it needs more ${thing}s.`);
  return said.join(" ");
}

/** How dark a cell is: its share of the row, from 0 to 1. */
export function shade(row: readonly number[], n: number): number {
  const sum = row.reduce((a, b) => a + b, 0);
  return sum ? n / sum : 0;
}
