// Several runs on one plot, and the settings in which they differ. Pure functions.
import type { MetricRows, RunView } from "@/api/types";
import type { Series } from "@/core/charts/chartData";
import { type Config, getAt, type Json } from "@/core/forms/formModel";

const COLORS = ["--series-3", "--series-2", "--series-1", "--series-4", "--series-5", "--series-6"];

export interface Comparison {
  x: number[];
  series: Series[];
}

/** One line a run on a common iteration axis (steps where a run has no iterations). */
export function comparisonOf(
  runs: readonly RunView[],
  metrics: Record<string, MetricRows>,
  key: string,
  unit?: string,
): Comparison {
  const lines = runs.map((run) => byIteration(metrics[run.id] ?? {}, key));
  const x = [...new Set(lines.flatMap((line) => [...line.keys()]))].sort((a, b) => a - b);
  const series = runs.map(
    (run, i): Series => ({
      key: run.id,
      label: run.name,
      color: COLORS[i % COLORS.length] ?? "--series-1",
      axis: "left",
      unit,
      values: x.map((at) => lines[i]?.get(at) ?? null),
      width: 2.5,
    }),
  );
  return { x, series };
}

function byIteration(rows: MetricRows, key: string): Map<number, number | null> {
  const iteration = new Map(rows.iteration ?? []);
  return new Map((rows[key] ?? []).map(([step, value]) => [iteration.get(step) ?? step, value]));
}

/** Metric keys that at least one of the runs has, those about the result first. */
export function sharedKeys(metrics: Record<string, MetricRows>): string[] {
  const first = [
    "completion/evaluation",
    "completion/training",
    "reward/training",
    "reward/evaluation",
    "lap_time_s/evaluation",
  ];
  const all = new Set(Object.values(metrics).flatMap((rows) => Object.keys(rows)));
  all.delete("iteration");
  return [...first.filter((key) => all.has(key)), ...[...all].filter((key) => !first.includes(key)).sort()];
}

export interface Difference {
  key: string;
  values: Json[];
}

/** Settings in which not all runs agree, nested ones by their dotted path. */
export function configDifferences(runs: readonly Pick<RunView, "config">[]): Difference[] {
  const configs = runs.map((run) => run.config as Config);
  const keys = [...new Set(configs.flatMap((config) => leaves(config)))];
  return keys
    .map((key) => ({ key, values: configs.map((config) => getAt(config, key.split(".")) ?? null) }))
    .filter(({ values }) => new Set(values.map((value) => JSON.stringify(value))).size > 1);
}

function leaves(config: Config, path = ""): string[] {
  return Object.entries(config).flatMap(([key, value]) => {
    const here = path ? `${path}.${key}` : key;
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? leaves(value, here)
      : [here];
  });
}

export const METRIC_NAMES: Record<string, { label: string; unit?: string }> = {
  "completion/evaluation": { label: "Completion, evaluation", unit: "%" },
  "completion/training": { label: "Completion, training", unit: "%" },
  "reward/training": { label: "Reward, training" },
  "reward/evaluation": { label: "Reward, evaluation" },
  "lap_time_s/evaluation": { label: "Lap time, evaluation", unit: "s" },
};
export const metricName = (key: string) => METRIC_NAMES[key] ?? { label: key };
