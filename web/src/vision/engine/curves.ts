// Which curves a training's page shows: made from the names of the metrics, so that what is added later is shown too. Pure.
import type { MetricRows } from "@/api/types";
import { column, gridOf, type Series } from "@/core/charts/chartData";

export interface Curve {
  title: string;
  xLabel: string;
  x: number[];
  series: Series[];
}

const COLORS = ["--series-1", "--series-2", "--series-4", "--series-3", "--series-5", "--series-6"];
/** Counters and single figures, which make no curve. */
const NO_CURVE = new Set(["fold", "epoch", "photos/held_out", "temperature", "calibration_error"]);
const NAMES: Record<string, string> = {
  accuracy: "Share right",
  loss: "Loss",
  losses: "Loss",
  map: "Mean average precision",
};

const words = (text: string) => {
  const plain = text.replaceAll("_", " ");
  return plain.charAt(0).toUpperCase() + plain.slice(1);
};

export function curvesOf(rows: MetricRows): Curve[] {
  const kinds = new Map<string, string[]>();
  for (const key of Object.keys(rows)) {
    const kind = key.split("/")[0] ?? key;
    if (!NO_CURVE.has(key) && !NO_CURVE.has(kind)) kinds.set(kind, [...(kinds.get(kind) ?? []), key]);
  }
  return [...kinds].map(([kind, keys]) => {
    const grid = gridOf(rows, keys, "epoch");
    return {
      title: NAMES[kind] ?? words(kind),
      xLabel: rows.epoch ? "Epoch" : rows.fold ? "Fold" : "Step",
      x: grid.x,
      series: keys.map((key, i) => ({
        key,
        label: words(key.split("/").slice(1).join(" ") || kind),
        color: COLORS[i % COLORS.length] ?? "--series-1",
        axis: "left" as const,
        values: column(rows, key, grid.steps),
      })),
    };
  });
}
