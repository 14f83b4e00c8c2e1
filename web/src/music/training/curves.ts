// Which curves a training's page shows: made from the names of the metrics, so that any technique's fit. Pure functions.
//
// "nats_per_note/valid" and "nats_per_note/baseline" are two lines of one chart; each of "losses/..." that is measured in
// the same unit stands with the others of its kind; "charts/..." are speeds, of no interest while listening, and
// intervals and floors stand in the table of measures.
import type { Best, MetricRows } from "@/api/types";
import { column, extent, gridOf, lastValue, type Series } from "@/core/charts/chartData";
import { number } from "@/core/format";
import { inSentence, scoreName } from "@/core/runs/states";

export interface Chart {
  id: string;
  title: string;
  unit: string;
  text: string;
  x: number[];
  series: Series[];
  marker: { x: number; label: string } | null;
  /** Lines that would press the others flat: shown when asked for. */
  off: string[];
}

const COLORS = ["--series-4", "--series-2", "--series-3", "--series-1", "--series-5", "--series-6"];
const X = "epoch";
const NO_CHART = new Set(["charts", "distance_low", "distance_high", "floor"]);

const PARTS: Record<string, string> = {
  valid: "Pieces to check with",
  train: "Pieces it learns from",
  floor: "Real music (the floor)",
  bigram: "Bigram baseline",
  baseline: "Knowing nothing",
};

const TEXTS: Record<string, string> = {
  nats_per_note:
    "How surprised the model is by each note of pieces that it has never heard; lower is better. The bigram baseline knows only which note often follows which.",
  xor_cross_entropy:
    "How surprised the model is by the edits that mend a spoilt piece it has never heard; lower is better.",
  edit_precision:
    "Of the edits it is surest of, how many are right, with 5, 10 and 20 % of the notes spoilt.",
  edit_recall: "How much of what was spoilt it finds, with 5, 10 and 20 % of the notes spoilt.",
  style_distance:
    "How far its music is from pieces it has never heard; at the floor it is as close as real music.",
  distance:
    "How far each musical measure of its accompaniments lies from that of pieces it has never heard, in the measure's own unit; lower is better.",
  wasserstein:
    "How well the critic can tell what is written from what is real: near 0 it cannot, or has not learned to yet.",
  losses:
    "What the network tries to make small on the pieces it learns from. If it falls while the score above gets worse, the model is learning by heart.",
};

const OPPONENTS =
  "Generator and critic learn against each other: what one gains the other loses, so neither loss tells how good the music is. The style distance does.";

const words = (text: string): string => {
  const plain = text.replaceAll("_", " ");
  return plain.charAt(0).toUpperCase() + plain.slice(1);
};

/** The label of a line: what stands behind the slash. */
export function lineName(key: string): string {
  const [head = "", ...tail] = key.split("/");
  const part = tail.join("/");
  if (part === "") return words(head);
  if (/^\d+$/.test(part)) return `${part} % spoilt`;
  if (head === "losses") return part === "train" ? "Loss" : words(part);
  return PARTS[part] ?? words(part);
}

export function chartsOf(rows: MetricRows, best: Best | null): Chart[] {
  const heads = new Map<string, string[]>();
  for (const key of Object.keys(rows)) {
    const head = key.split("/")[0] ?? key;
    if (NO_CHART.has(head) || key === X || !key.includes("/")) continue;
    heads.set(head, [...(heads.get(head) ?? []), key]);
  }
  const chosen = best?.metric.split("/")[0];
  const rank = (head: string) => (head === chosen ? 0 : head === "losses" ? 1 : 2);
  return [...heads]
    .sort(([a], [b]) => rank(a) - rank(b) || a.localeCompare(b))
    .map(([head, keys]) => chart(rows, head, keys, best));
}

function chart(rows: MetricRows, head: string, keys: string[], best: Best | null): Chart {
  const order = ["valid", "train", "bigram", "baseline", "floor"];
  const place = (key: string) => {
    const found = order.indexOf(key.split("/")[1] ?? "");
    return found < 0 ? order.length : found;
  };
  const sorted = [...keys].sort(
    (a, b) => place(a) - place(b) || a.localeCompare(b, undefined, { numeric: true }),
  );
  const grid = gridOf(rows, sorted, X);
  const at = best && best.metric.split("/")[0] === head ? grid.steps.indexOf(best.step) : -1;
  const x = grid.x[at];
  return {
    id: head,
    title: head === "losses" ? "Losses" : scoreName(head),
    unit: head,
    text: keys.includes("losses/critic") ? OPPONENTS : (TEXTS[head] ?? ""),
    x: grid.x,
    series: sorted.map((key, i) => ({
      key,
      label: lineName(key),
      color: COLORS[i % COLORS.length] ?? "--series-1",
      axis: "left",
      values: column(rows, key, grid.steps),
      width: 2.5,
      dash: /\/(bigram|baseline|floor)$/.test(key) ? [6, 4] : undefined,
    })),
    marker: x === undefined ? null : { x, label: "best model" },
    off: sorted.filter((key) => key.endsWith("/baseline")),
  };
}

/** "Epoch" where the training counts them, else "Update". */
export const xLabel = (rows: MetricRows): string => ((rows[X]?.length ?? 0) > 0 ? "Epoch" : "Update");

/** What was learned so far, a sentence each, from the figures alone. */
export function learned(rows: MetricRows, best: Best | null, active: boolean): string[] {
  if (!best || best.value === null) return [];
  const points = (rows[best.metric] ?? []).filter(([, value]) => value !== null) as [number, number][];
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) return [];
  const name = inSentence(scoreName(best.metric));
  const lines = [
    points.length === 1
      ? `After the first evaluation it has ${number(best.value)} ${name}.`
      : `It went from ${number(first[1])} to ${number(best.value)} ${name} on pieces that it has never heard; the best model is from update ${best.step}.`,
  ];
  const baseline = lastValue(rows, `${best.metric.split("/")[0]}/bigram`);
  if (baseline !== null)
    lines.push(
      best.value < baseline
        ? `That is better than counting which note often follows which (${number(baseline)}).`
        : `Counting which note often follows which would do as well (${number(baseline)}): it has to learn for longer, or from more pieces.`,
    );
  const nothing = lastValue(rows, `${best.metric.split("/")[0]}/baseline`);
  if (nothing !== null) lines.push(`Knowing nothing would be ${number(nothing)}.`);
  const floor = lastValue(rows, `${best.metric.split("/")[0]}/floor`);
  if (floor !== null)
    lines.push(
      best.value <= floor
        ? `That is as close as real music comes (${number(floor)}).`
        : `Real music comes to ${number(floor)}.`,
    );
  const [low, high] = extent(points.map(([, value]) => value));
  const isAfter = last[0] > best.step;
  if (isAfter && last[1] - best.value > 0.1 * (high - low || 1) && points.length > 3)
    lines.push(
      "Since then it has been getting worse on new pieces: it learns the training pieces by heart. The best model is the one that is kept.",
    );
  else if (active && !isAfter) lines.push("It is still getting better.");
  return lines;
}

/** The newest value of each line that is worth a figure of its own: one a chart, and the epoch. */
export function figures(rows: MetricRows): { label: string; value: string; note?: string }[] {
  const found: { label: string; value: string; note?: string }[] = [];
  const epoch = lastValue(rows, X);
  if (epoch !== null) found.push({ label: "Epoch", value: number(epoch) });
  for (const [key, label, note] of [
    ["losses/train", "Loss", "on pieces it learns from"],
    ["nats_per_note/bigram", "Baseline", "bigrams, on the same pieces"],
    ["edit_precision/10", "Right edits", "share, with 10 % spoilt"],
  ] as const) {
    const value = lastValue(rows, key);
    if (value !== null) found.push({ label, value: number(value), note });
  }
  for (const key of Object.keys(rows).filter((name) => name.startsWith("losses/") && name !== "losses/train"))
    found.push({ label: lineName(key), value: number(lastValue(rows, key)) });
  return found.slice(0, 5);
}
