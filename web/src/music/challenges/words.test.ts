import { describe, expect, it } from "vitest";
import type { Ballot, ChallengeSummary, EntryStep } from "@/api/challenges";
import { ballotText, chanceText, closingText, standingText, stepText } from "./words";

const ballot = (cast: number, left: number, needed: number): Ballot => ({
  pair: null,
  cast,
  left,
  needed,
  can_finish: needed === 0,
  own_included: true,
});

describe("challenges in words", () => {
  it("counts pieces, samples and votes", () => {
    const summary = { entries: 4, samples: 3, votes: 1 } as ChallengeSummary;
    expect(standingText(summary)).toBe("1 piece and 3 samples · 1 vote");
    expect(standingText({ ...summary, samples: 0, votes: 2 })).toBe("4 pieces · 2 votes");
  });

  it("says how far a voter is", () => {
    expect(ballotText(ballot(0, 0, 0))).toBe("There is nothing to compare yet.");
    expect(ballotText(ballot(1, 5, 4))).toBe("Pair 2 of 6. 4 more, and the results can be shown.");
    expect(ballotText(ballot(5, 1, 0))).toBe("Pair 6 of 6.");
    expect(ballotText(ballot(3, 0, 0))).toBe("All 3 pairs answered.");
  });

  it("gives a chance with its interval", () => {
    expect(chanceText({ chance: 0.621, interval: [0.4, 0.807] })).toBe("62 %, likely between 40 and 81 %");
  });

  it("says when it closes only where that is known", () => {
    expect(closingText({ is_open: true, closes_at: null, closed_at: null })).toBe("");
    expect(closingText({ is_open: true, closes_at: 1e9, closed_at: null })).toMatch(/^Closes \w/);
    expect(closingText({ is_open: false, closes_at: null, closed_at: 1e9 })).toMatch(/^Closed \w/);
  });

  it("names the model and whose it is", () => {
    const step = { technique: "tune", model: null, training: null, seed: null } as EntryStep;
    expect(stepText(step)).toBe("Sample melody");
    expect(stepText({ ...step, technique: "arcnn", model: "mine", training: "R", seed: 3 })).toBe(
      "AR-CNN with mine (own training), seed 3",
    );
  });
});
