import { describe, expect, it } from "vitest";
import { taskName, taskOfConfig, thingOf } from "../engine/tasks";
import { heat } from "./heat";

describe("the map of oddness", () => {
  it("is clear where nothing is odd, and reddest where it is oddest", () => {
    const pixels = [
      ...heat([
        [0.2, 1.2],
        [1.6, 9],
      ]),
    ];
    expect(pixels.slice(0, 4)).toEqual([255, 180, 0, 0]);
    expect(pixels[7]).toBeGreaterThan(0);
    expect(pixels[7]).toBeLessThan(pixels[11] ?? 0);
    expect(pixels.slice(8, 12)).toEqual(pixels.slice(12, 16));
    expect(pixels.slice(12, 16)).toEqual([255, 0, 0, 190]);
  });
});

describe("what a training was for", () => {
  it("is told by its settings", () => {
    expect(taskOfConfig({ false_alarms: 0.05, patches: 1000 })).toBe("anomaly");
    expect(taskOfConfig({ folds: 5, head: {} })).toBe("classification");
    expect(taskOfConfig({ held_out: 0.2, learn: {} })).toBe("detection");
    expect(taskOfConfig({ held_out: 0.2, learn: { dice: 1 } })).toBe("segmentation");
    expect(taskOfConfig({ held_out: 0.25, window_s: 2, learn: {} })).toBe("activity");
    expect([thingOf("activity"), thingOf("detection"), thingOf(undefined)]).toEqual([
      "clip",
      "photo",
      "photo",
    ]);
    expect(taskName("anomaly")).toBe("What is unlike the others");
  });
});
