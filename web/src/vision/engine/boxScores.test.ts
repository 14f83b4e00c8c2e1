import { describe, expect, it } from "vitest";
import type { BoxClassScore, BoxPhoto, BoxScores, FoundBox } from "@/api/boxScores";
import { said, tally } from "../results/boxes/kinds";
import { bestThreshold, figures, inWords, wilson } from "./boxScores";

/** A class whose boxes have these scores; those that hit first. */
function row(name: string, n: number, hits: number[], wrong: number[], threshold: number): BoxClassScore {
  const at = (scores: number[]) =>
    Array.from({ length: 101 }, (_, k) => scores.filter((score) => score >= k / 100 - 1e-9).length);
  const all = [...hits, ...wrong];
  const own = (scores: number[]) => scores.filter((score) => score >= threshold).length;
  return {
    name,
    n,
    ap50: 0.5,
    interval: [0.4, 0.6],
    ap50_95: 0.3,
    threshold,
    said: at(all),
    right: at(hits),
    said_own: own(all),
    right_own: own(hits),
    precision_at: [],
  };
}
const APPLE = row("apple", 4, [0.9, 0.8, 0.4], [0.6, 0.2], 0.5);
const PEAR = row("pear", 2, [0.7], [], 0.3);

describe("a detector's figures", () => {
  it("are counted at a threshold, or each class at its own", () => {
    expect(figures([APPLE], 0.5)).toEqual({
      there: 4,
      said: 3,
      right: 2,
      recall: 0.5,
      precision: 2 / 3,
      f1: 4 / 7,
    });
    expect(figures([APPLE, PEAR], null)).toMatchObject({ there: 6, said: 4, right: 3 });
    expect(figures([], 0.5)).toMatchObject({ recall: 0, precision: 0, f1: 0 });
  });

  it("are best in both at some threshold", () => {
    expect(figures([APPLE], bestThreshold([APPLE])).f1).toBeCloseTo(6 / 8);
    expect(bestThreshold([APPLE])).toBeGreaterThan(0.2);
    expect(bestThreshold([APPLE])).toBeLessThanOrEqual(0.4);
  });

  it("have the interval that the server would give", () => {
    const [low, high] = wilson(2, 4); // trivium.core.intervals.wilson(2, 4)
    expect([low.toFixed(6), high.toFixed(6)]).toEqual(["0.150039", "0.849961"]);
    expect(wilson(0, 0)).toEqual([0, 1]);
  });

  it("come in words, with what is hardest", () => {
    const sizes = [
      { name: "small", n: 5, right: [], right_own: 1, interval: [0, 1] },
      { name: "large", n: 5, right: [], right_own: 5, interval: [0, 1] },
    ];
    const scores = {
      n: 3,
      per_class: [{ ...APPLE, ap50: 0.2 }, PEAR],
      sizes,
    } as unknown as BoxScores;
    const text = inWords(scores);
    expect(text).toContain("found 3 of 6 things on 3 photos, and 1 box was wrong");
    expect(text).toContain("“apple” is the hardest: 50");
    expect(text).toContain("Of small things it finds 20");
  });
});

describe("a photo with boxes", () => {
  const found = (kind: FoundBox["kind"], there: string | null = null): FoundBox => ({
    label: "apple",
    confidence: 0.7,
    xyxy: [0, 0, 1, 1],
    kind,
    there,
  });

  it("says why a box is there", () => {
    expect(said(found("hit", "apple"))).toMatch(/^apple 70.%$/);
    expect(said(found("confused", "pear"))).toContain(": is pear");
    expect(said(found("double"))).toContain("found twice");
  });

  it("is told in a line", () => {
    const drawn = (ok: boolean, as: string | null) => ({
      label: "apple",
      xyxy: [0, 0, 1, 1] as [number, number, number, number],
      found: ok,
      said: as,
    });
    const photo: BoxPhoto = {
      sha256: "",
      name: "",
      drawn: [drawn(true, null), drawn(false, "pear"), drawn(false, null)],
      found: [found("hit"), found("confused", "pear")],
    };
    expect(tally(photo)).toBe("1 of 3 found, 1 missed, 1 wrong box");
    expect(tally({ ...photo, drawn: [], found: [] })).toBe("nothing is drawn");
  });
});
