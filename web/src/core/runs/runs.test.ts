import { describe, expect, it } from "vitest";
import type { RunView } from "@/api/types";
import { comparisonOf, configDifferences, sharedKeys } from "./compare";
import { canDelete, canResume, canStop, explain, isActive, runPath } from "./states";

const run = (extra: Partial<RunView>): RunView => ({
  id: "r1",
  studio: "racing",
  kind: "train",
  name: "brisk otter",
  parent: null,
  state: "running",
  reason: null,
  message: null,
  hint: null,
  detail: null,
  created_at: 0,
  started_at: null,
  finished_at: null,
  wall_s: null,
  step: 0,
  progress: null,
  eta_s: null,
  best: null,
  seed: 1,
  track: "oval",
  config: {},
  confinement: null,
  has_model: false,
  ...extra,
});

describe("what can be done", () => {
  it.each([
    ["queued", true, false, false],
    ["running", true, false, false],
    ["stopping", false, false, false],
    ["stopped", false, true, true],
    ["succeeded", false, false, true],
    ["failed", false, true, true],
    ["interrupted", false, true, true],
  ] as const)("%s: stop %s, resume %s, delete %s", (state, stop, resume, remove) => {
    expect([canStop({ state }), canResume({ state }), canDelete({ state })]).toEqual([stop, resume, remove]);
    expect(isActive({ state })).toBe(!remove);
  });
});

describe("explain", () => {
  it("prefers the runner's own words", () => {
    expect(
      explain(run({ state: "failed", reason: "internal", message: "It broke.", hint: "Do this." })),
    ).toEqual({ text: "It broke.", hint: "Do this." });
  });
  it("has a sentence and a way on for every reason of the closed list", () => {
    for (const reason of [
      "user_code_error",
      "user_code_timeout",
      "out_of_memory",
      "disk_full",
      "limit_wall",
      "node_lost",
      "stopped_by_user",
      "internal",
    ]) {
      const why = explain(run({ state: "failed", reason }));
      expect(why?.text).toMatch(/\.$/);
      expect(why?.hint).toMatch(/\.$/);
    }
  });
  it("says nothing where all is well", () => expect(explain(run({ state: "succeeded" }))).toBeNull());
});

it("makes the address of a run", () => expect(runPath(run({ id: "a b" }))).toBe("/racing/runs/a%20b"));

describe("comparing", () => {
  const runs = [
    run({ id: "a", config: { lr: 1, car: { n: 2 } } }),
    run({ id: "b", config: { lr: 1, car: { n: 3 }, x: true } }),
  ];
  const metrics = {
    a: {
      iteration: [
        [10, 1],
        [20, 2],
      ],
      "completion/evaluation": [
        [10, 5],
        [20, 50],
      ],
    } as Record<string, [number, number][]>,
    b: { iteration: [[15, 1]], "completion/evaluation": [[15, 7]], other: [[15, 1]] } as Record<
      string,
      [number, number][]
    >,
  };
  it("lays runs of different pace over each other by iteration", () => {
    const plot = comparisonOf(runs, metrics, "completion/evaluation");
    expect(plot.x).toEqual([1, 2]);
    expect(plot.series.map((line) => line.values)).toEqual([
      [5, 50],
      [7, null],
    ]);
    expect(new Set(plot.series.map((line) => line.color)).size).toBe(2);
  });
  it("offers every metric, results first", () =>
    expect(sharedKeys(metrics)).toEqual(["completion/evaluation", "other"]));
  it("lists only settings that differ", () => {
    expect(configDifferences(runs)).toEqual([
      { key: "car.n", values: [2, 3] },
      { key: "x", values: [null, true] },
    ]);
  });
});
