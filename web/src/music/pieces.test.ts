// The tree of steps and what each was made with, in words.
import { describe, expect, it } from "vitest";
import { madeWith, modelName, treeOf } from "./pieces";

const step = (id: string, parent: string | null, created_at: number) => ({ id, parent, created_at });

describe("the tree of steps", () => {
  it("puts each step below the one that it was made from, oldest first", () => {
    const steps = [step("d", "a", 4), step("a", null, 1), step("c", "b", 3), step("b", "a", 2)];
    expect(treeOf(steps).map((row) => [row.step.id, row.depth])).toEqual([
      ["a", 0],
      ["b", 1],
      ["c", 2],
      ["d", 1],
    ]);
  });

  it("keeps what was made from a deleted step", () => {
    expect(treeOf([step("b", "gone", 2), step("c", "b", 3)]).map((row) => row.depth)).toEqual([0, 1]);
  });
});

describe("how a step was made", () => {
  it("names seed and model, and each setting", () => {
    const made = madeWith({
      seed: 5,
      model: "merry swift",
      settings: { gan: { creative_risk: 1.5, tracks: [1, 3], first_bar: null }, taken_back: [] },
    });
    expect(made.short).toBe("seed 5, model merry swift");
    expect(made.all).toEqual([
      ["seed", "5"],
      ["model", "merry swift"],
      ["creative risk", "1.5"],
      ["tracks", "[1,3]"],
    ]);
  });

  it("says little about what nothing was set for", () => {
    expect(madeWith({ seed: null, model: null, settings: {} })).toEqual({ short: "", all: [] });
    expect(modelName("arcnn-default")).toBe("in the package");
  });
});
