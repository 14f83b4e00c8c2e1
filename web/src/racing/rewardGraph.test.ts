import { describe, expect, it } from "vitest";
import type { MetricRows, RunEvent } from "@/api/types";
import { bestIteration, type Episode, episodeOf, lossCharts, rewardGraph, spread } from "./rewardGraph";

const rows: MetricRows = {
  iteration: [
    [600, 1],
    [1300, 2],
  ],
  "reward/training": [
    [600, 20],
    [1300, 45],
  ],
  "completion/training": [
    [600, 15],
    [1300, 33],
  ],
  "completion/evaluation": [
    [600, 10],
    [1300, 60],
  ],
};

const episode = (id: number, iteration: number, extra: Partial<Episode> = {}): Episode => ({
  id,
  iteration,
  phase: "training",
  episode: id,
  reward: id,
  progress: 2 * id,
  status: "off_track",
  steps: 30,
  time_s: 2,
  ...extra,
});

describe("rewardGraph", () => {
  it("has every line on its axis, by iteration", () => {
    const graph = rewardGraph(rows, [], null);
    expect(graph.x).toEqual([1, 2]);
    expect(graph.series.map((line) => [line.key, line.axis])).toEqual([
      ["reward/training", "left"],
      ["completion/training", "right"],
      ["completion/evaluation", "right"],
      ["reward/evaluation", "left"],
    ]);
    expect(graph.series[2]?.values).toEqual([10, 60]);
  });

  it("has a dot a training drive for reward and for progress, and none for evaluation drives", () => {
    const graph = rewardGraph(
      rows,
      [episode(1, 1), episode(2, 1), episode(3, 1, { phase: "evaluation" })],
      null,
    );
    expect(graph.dots.map((set) => set.points.map(([, y]) => y))).toEqual([
      [1, 2],
      [2, 4],
    ]);
  });

  it("puts drives with the update they led to", () => {
    const [dots] = rewardGraph(rows, [episode(1, 1), episode(2, 2)], null).dots;
    expect(dots?.points.map(([x]) => Math.round(x))).toEqual([1, 2]);
  });

  it("is empty at first", () => expect(rewardGraph({}, [], null)).toMatchObject({ x: [], best: null }));
});

it("spreads the drives of an iteration around it without overlap", () => {
  const x = spread([episode(1, 4), episode(2, 4), episode(3, 4)]);
  expect([...x.values()]).toEqual([3.8, 4, 4.2].map((v) => expect.closeTo(v)));
});

it("marks the iteration that the best checkpoint came from", () => {
  expect(bestIteration([600, 1300], [1, 2], { metric: "m", value: 60, step: 1300 })).toBe(2);
  expect(bestIteration([600, 1300], [1, 2], { metric: "m", value: 60, step: 700 })).toBe(1);
  expect(bestIteration([600], [1], null)).toBeNull();
});

it("reads episodes from sample events and passes over others", () => {
  const event = {
    id: 9,
    run: "r",
    t: 0,
    kind: "sample",
    name: "episode",
    step: 5,
    data: { phase: "evaluation", iteration: 3, reward: 1.5, progress: 80 },
  };
  expect(episodeOf(event as RunEvent)).toMatchObject({
    id: 9,
    phase: "evaluation",
    iteration: 3,
    progress: 80,
    status: "",
  });
  expect(episodeOf({ ...event, name: "other" } as RunEvent)).toBeNull();
});

it("charts only the losses that exist", () => {
  expect(lossCharts({ ...rows, "losses/entropy": [[600, 2.3]] }).map((chart) => chart.series.key)).toEqual([
    "losses/entropy",
  ]);
});
