import { describe, expect, it } from "vitest";
import { inWords, type MaskClass, type MaskReport, shares } from "./maskScores";

const row = (iou: number | null, recall = 0.9, precision = 0.9): MaskClass => ({
  iou,
  interval: iou === null ? null : [iou - 0.1, iou + 0.1],
  n: 3,
  area: 0.3,
  recall,
  precision,
});
const REPORT: MaskReport = {
  how: "",
  miou: 0.7,
  interval: [0.6, 0.8],
  pixel_accuracy: 0.93,
  border_accuracy: null,
  baseline: { name: "all background", miou: 0.2 },
  n: 3,
  learned_from: 9,
  per_class: { background: row(0.9), road: row(0.5, 0.6, 0.8), sky: row(null) },
  confusion: [],
};

describe("a segmentation result", () => {
  it("comes in percent of each row, nothing that is there as none", () => {
    expect(
      shares([
        [990, 9, 1],
        [0, 0, 0],
      ]),
    ).toEqual([
      [99, 1, 1],
      [0, 0, 0],
    ]);
  });

  it("comes in words: what fits worst, and how", () => {
    const text = inWords(REPORT);
    expect(text).toContain("“road” fits worst: 50");
    expect(text).toContain("It misses 40");
    expect(text).not.toContain("no better");
    const eager = { ...REPORT, per_class: { background: row(0.9), road: row(0.5, 0.9, 0.6) } };
    expect(inWords(eager)).toContain("40\u202f% of what it calls so is something else");
    expect(inWords({ ...REPORT, interval: [0.1, 0.9] })).toContain("no better than painting nothing");
  });
});
