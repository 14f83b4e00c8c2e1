// The reward graph: which metrics and episodes become which line and which dots. Pure functions.
import type { Best, MetricRows, RunEvent } from "@/api/types";
import { column, type Dots, gridOf, type Series } from "@/core/charts/chartData";

export interface Episode {
  id: number;
  phase: "training" | "evaluation";
  iteration: number;
  episode: number;
  reward: number;
  progress: number;
  status: string;
  steps: number;
  time_s: number | null;
}

const LINES = [
  ["reward/training", "Average reward (training)", "--series-1", "left", undefined],
  ["completion/training", "Average completion (training)", "--series-2", "right", undefined],
  ["completion/evaluation", "Average completion (evaluation)", "--series-3", "right", undefined],
  ["reward/evaluation", "Average reward (evaluation)", "--series-5", "left", [6, 4]],
] as const;

export const REWARD_KEYS = LINES.map(([key]) => key);

export interface RewardGraph {
  x: number[];
  series: Series[];
  dots: Dots[];
  /** Iteration of the best model. */
  best: number | null;
}

export function episodeOf(event: RunEvent): Episode | null {
  if (event.kind !== "sample" || event.name !== "episode") return null;
  const data = event.data as Record<string, unknown>;
  const value = (key: string) => (typeof data[key] === "number" ? (data[key] as number) : 0);
  return {
    id: event.id,
    phase: data.phase === "evaluation" ? "evaluation" : "training",
    iteration: value("iteration"),
    episode: value("episode"),
    reward: value("reward"),
    progress: value("progress"),
    status: typeof data.status === "string" ? data.status : "",
    steps: value("steps"),
    time_s: typeof data.time_s === "number" ? data.time_s : null,
  };
}

/** Episodes of one iteration stand side by side around it, so that twenty dots are not one blot. */
export function spread(episodes: readonly Episode[]): Map<number, number> {
  const byIteration = new Map<number, Episode[]>();
  for (const episode of episodes) {
    const group = byIteration.get(episode.iteration);
    if (group) group.push(episode);
    else byIteration.set(episode.iteration, [episode]);
  }
  const x = new Map<number, number>();
  for (const [iteration, group] of byIteration) {
    for (const [i, episode] of group.entries()) {
      x.set(episode.id, iteration + ((i + 0.5) / group.length - 0.5) * 0.6);
    }
  }
  return x;
}

function dotsOf(episodes: readonly Episode[]): Dots[] {
  const training = episodes.filter((episode) => episode.phase === "training");
  const x = spread(training);
  const points = (value: (episode: Episode) => number): [number, number][] =>
    training.map((episode) => [x.get(episode.id) ?? episode.iteration, value(episode)]);
  return [
    {
      key: "dots/reward",
      label: "Reward of an episode",
      color: "--series-1",
      axis: "left",
      points: points((e) => e.reward),
    },
    {
      key: "dots/progress",
      label: "Progress of an episode",
      color: "--series-2",
      axis: "right",
      points: points((e) => e.progress),
      unit: "%",
    },
  ];
}

export function rewardGraph(rows: MetricRows, episodes: readonly Episode[], best: Best | null): RewardGraph {
  const grid = gridOf(rows, REWARD_KEYS);
  const series: Series[] = LINES.map(([key, label, color, axis, dash]) => ({
    key,
    label,
    color,
    axis,
    unit: axis === "right" ? "%" : undefined,
    values: column(rows, key, grid.steps),
    width: 2.5,
    dash: dash ? [...dash] : undefined,
  }));
  return { x: grid.x, series, dots: dotsOf(episodes), best: bestIteration(grid.steps, grid.x, best) };
}

/** The best checkpoint knows its step; the graph wants the iteration that ended there. */
export function bestIteration(
  steps: readonly number[],
  x: readonly number[],
  best: Best | null,
): number | null {
  if (!best) return null;
  let found: number | null = null;
  for (const [i, step] of steps.entries()) if (step <= best.step) found = x[i] ?? null;
  return found;
}

const LOSSES = [
  ["losses/policy_loss", "Policy loss", "--series-1"],
  ["losses/value_loss", "Value loss", "--series-2"],
  ["losses/entropy", "Entropy", "--series-3"],
  ["losses/approx_kl", "KL divergence (approx.)", "--series-4"],
  ["losses/clipfrac", "Clipped share", "--series-5"],
  ["losses/explained_variance", "Explained variance", "--series-6"],
] as const;

/** What each loss tells a learner, in a sentence. */
export const LOSS_MEANING: Record<string, string> = {
  "losses/policy_loss": "How far the last update pushed the policy. It wanders around zero; that is normal.",
  "losses/value_loss":
    "How wrong the network was about the reward still to come. It should shrink as driving becomes regular.",
  "losses/entropy":
    "How undecided the car is. It falls while the car makes up its mind; falling very early means it stopped trying things.",
  "losses/approx_kl": "How much one iteration changed the policy. Below about 0.05 is calm.",
  "losses/clipfrac": "Share of the steps at which PPO held the update back.",
  "losses/explained_variance": "How much of the reward the network sees coming: 1 is all of it, 0 is none.",
};

export function lossCharts(rows: MetricRows): { x: number[]; series: Series }[] {
  return LOSSES.filter(([key]) => (rows[key]?.length ?? 0) > 0).map(([key, label, color]) => {
    const grid = gridOf(rows, [key]);
    return {
      x: grid.x,
      series: { key, label, color, axis: "left", values: column(rows, key, grid.steps), width: 2 },
    };
  });
}
