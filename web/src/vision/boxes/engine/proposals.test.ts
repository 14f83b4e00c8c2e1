import { describe, expect, it } from "vitest";
import type { Xyxy } from "./geometry";
import { accepted, overlap, type Proposed, rejecting, undecided } from "./proposals";

const of = (label: string, confidence: number, ...xyxy: Xyxy): Proposed => ({ label, confidence, xyxy });
const NONE: ReadonlySet<string> = new Set();

describe("what a model proposes", () => {
  it("overlaps by the share of what either covers", () => {
    expect(overlap([0, 0, 1, 1], [0, 0, 1, 1])).toBe(1);
    expect(overlap([0, 0, 0.5, 1], [0.5, 0, 1, 1])).toBe(0);
    expect(overlap([0, 0, 0.5, 0.5], [0.25, 0, 0.75, 0.5])).toBeCloseTo(1 / 3);
  });

  it("is undecided until it was taken, drawn or turned down, the surest first", () => {
    const all = [of("pear", 0.5, 0, 0, 0.2, 0.2), of("apple", 0.9, 0.5, 0.5, 0.9, 0.9)];
    const [surest] = undecided(all, [], NONE);
    expect(surest?.label).toBe("apple");
    const rest = undecided(all, accepted([], all[1] as Proposed), NONE);
    expect(rest.map((box) => box.label)).toEqual(["pear"]);
    expect(undecided(all, [], NONE)).toHaveLength(2); // undone, it is there again
    const byHand = { label: "fig", xyxy: [0.01, 0, 0.2, 0.2] as Xyxy };
    expect(undecided(all, [byHand], NONE).map((box) => box.label)).toEqual(["apple"]);
    expect(undecided(all, [], rejecting(NONE, all[0] as Proposed))).toEqual([all[1]]);
  });

  it("takes the place of a box of another class, and leaves how sure it was behind", () => {
    const drawn = [
      { label: "apple", xyxy: [0, 0, 0.2, 0.2] as Xyxy },
      { label: "fig", xyxy: [0.5, 0.5, 1, 1] as Xyxy },
    ];
    const doubt = of("pear", 0.5, 0, 0, 0.2, 0.19);
    expect(undecided([doubt], drawn, NONE)).toEqual([]); // something is drawn there
    expect(undecided([doubt], drawn, NONE, true)).toEqual([doubt]); // but nothing of that class
    const after = accepted(drawn, doubt);
    expect(after).toEqual([drawn[1], { label: "pear", xyxy: [0, 0, 0.2, 0.19] }]);
    expect(undecided([doubt], after, NONE, true)).toEqual([]);
  });
});
