import { describe, expect, it } from "vitest";
import type { MetricRows } from "@/api/types";
import {
  column,
  extent,
  gridOf,
  lastValue,
  mergeMetrics,
  mergeRows,
  paddedRange,
  sparkPath,
  thin,
  toCsv,
} from "./chartData";
import { axisRange, xRange } from "./plot";

describe("mergeRows", () => {
  it("appends what is new", () => {
    expect(mergeRows([[1, 10]], [[2, 20]])).toEqual([
      [1, 10],
      [2, 20],
    ]);
  });

  it("lets the latest value of a repeated step win, and sorts: a resumed run repeats steps", () => {
    expect(
      mergeRows(
        [
          [1, 10],
          [3, 30],
        ],
        [
          [3, 31],
          [2, 20],
        ],
      ),
    ).toEqual([
      [1, 10],
      [2, 20],
      [3, 31],
    ]);
  });

  it("does not change what it was given", () => {
    const old: [number, number | null][] = [[1, 10]];
    mergeRows(old, [[1, 11]]);
    expect(old).toEqual([[1, 10]]);
  });
});

const rows: MetricRows = {
  iteration: [
    [100, 1],
    [220, 2],
    [300, 3],
  ],
  "reward/training": [
    [100, 5],
    [220, 7],
    [300, null],
  ],
  "completion/evaluation": [[220, 40]],
};

describe("grid and columns", () => {
  it("puts values of all keys on one iteration axis, with null where one is missing", () => {
    const grid = gridOf(rows, ["reward/training", "completion/evaluation"]);
    expect(grid.x).toEqual([1, 2, 3]);
    expect(column(rows, "completion/evaluation", grid.steps)).toEqual([null, 40, null]);
  });

  it("uses steps where there are no iterations", () => {
    expect(
      gridOf(
        {
          loss: [
            [5, 1],
            [9, 2],
          ],
        },
        ["loss"],
      ).x,
    ).toEqual([5, 9]);
  });

  it("is empty before the first metric", () => expect(gridOf({}, ["a"]).x).toEqual([]));

  it("finds the last known value", () => {
    expect(lastValue(rows, "reward/training")).toBe(7);
    expect(lastValue(rows, "nope")).toBeNull();
  });

  it("merges several keys at once", () => {
    expect(mergeMetrics(rows, { "completion/evaluation": [[300, 60]], fresh: [[1, 1]] })).toMatchObject({
      "completion/evaluation": [
        [220, 40],
        [300, 60],
      ],
      fresh: [[1, 1]],
      iteration: rows.iteration,
    });
  });
});

describe("ranges", () => {
  it("gives air, but none below zero for values that never are", () => {
    expect(paddedRange(0, 100)).toEqual([0, 106]);
    expect(paddedRange(-1, 1)[0]).toBeLessThan(-1);
  });
  it("opens up a flat line and survives no values", () => {
    expect(paddedRange(5, 5)).toEqual([4.5, 5.5]);
    expect(paddedRange(...extent([]))).toEqual([0, 1]);
  });

  const input = {
    x: [1, 2],
    series: [
      { key: "a", label: "a", color: "--series-1", axis: "left" as const, values: [0, 10] },
      { key: "b", label: "b", color: "--series-1", axis: "left" as const, values: [0, 1000] },
    ],
    dots: [
      {
        key: "d",
        label: "d",
        color: "--series-1",
        axis: "left" as const,
        points: [[2.5, 20]] as [number, number][],
      },
    ],
    marker: null,
  };
  it("counts only what is switched on", () => {
    expect(axisRange({ ...input, hidden: new Set(["b"]) }, "left")[1]).toBeCloseTo(21.2);
    expect(axisRange({ ...input, hidden: new Set(["b", "d"]) }, "left")[1]).toBeCloseTo(10.6);
  });
  it("reaches to the last dot", () =>
    expect(xRange({ ...input, hidden: new Set() })[1]).toBeGreaterThan(2.5));
});

it("draws small curves with gaps", () => {
  expect(sparkPath([0, 10], 100, 10, [0, 10])).toBe("M0.0 10.0L100.0 0.0");
  expect(sparkPath([0, null, 10], 100, 10, [0, 10])).toBe("M0.0 10.0M100.0 0.0");
});

it("thins a curve and keeps its ends", () => {
  const many = Array.from({ length: 1000 }, (_, i) => i);
  const few = thin(many, 10);
  expect(few).toHaveLength(10);
  expect([few[0], few[9]]).toEqual([0, 999]);
});

it("writes CSV that a spreadsheet reads back", () => {
  expect(
    toCsv(
      ["Iteration", 'A "b", c'],
      [
        [1, 2.5],
        [2, null],
      ],
    ),
  ).toBe('Iteration,"A ""b"", c"\n1,2.5\n2,\n');
});
