import { describe, expect, it } from "vitest";
import { fieldsOf } from "@/core/forms/formModel";
import { scoreOf } from "../engine/document";
import type { Told } from "../engine/story";
import {
  anewIn,
  boxOf,
  reachOf,
  regionOf,
  regionOfLoop,
  regionOfNotes,
  regionText,
  WHOLE,
  withRegion,
} from "./region";
import { Takes } from "./takes";
import { filmStepMs, saidOf, secondsLeft, sumText, wordsOf } from "./words";

const note = (onset: number, pitch: number, length = 480) => ({ onset, length, pitch, velocity: 80 });
/** Two bars of 4/4 and two of 3/4. */
const score = scoreOf({
  title: "",
  metres: [
    { tick: 0, beats: 4, beat_unit: 4 },
    { tick: 3840, beats: 3, beat_unit: 4 },
  ],
  parts: [
    { id: "lead", name: "Lead", notes: [note(0, 60), note(1920, 64), note(3840, 67), note(5280, 72, 1440)] },
  ],
} as never);
const notes = score.tracks[0]?.notes ?? [];
const integer = (initial: number | null) => ({ type: "integer", minimum: 0, maximum: 127, default: initial });
const fields = fieldsOf({
  properties: {
    creative_risk: { type: "number", default: 1 },
    first_bar: integer(null),
    last_bar: integer(null),
    lowest_pitch: integer(0),
    highest_pitch: integer(127),
    parts: { anyOf: [{ type: "array" }, { type: "null" }] },
    clear_first: { type: "boolean", default: false },
  },
});

describe("where a technique may change something", () => {
  it("is read off a loop and off selected notes", () => {
    expect(regionOfLoop(score, { start: 1920, end: 3840 })).toEqual({ ...WHOLE, first: 2, last: 2 });
    expect(regionOfLoop(score, { start: 100, end: 3841 })).toEqual({ ...WHOLE, first: 1, last: 3 });
    const chosen = notes.slice(1, 3);
    expect(regionOfNotes(score, "lead", chosen)).toEqual({
      first: 2,
      last: 3,
      low: 64,
      high: 67,
      parts: ["lead"],
    });
  });

  it("goes into the controls and comes back, as far as the technique has them", () => {
    const region = { first: 2, last: 3, low: 60, high: 72, parts: ["lead"] };
    expect(regionOf(withRegion({ creative_risk: 2 }, reachOf(fields), region))).toEqual(region);
    const few = reachOf(fields.filter((field) => field.key.includes("bar")));
    expect(withRegion({}, few, region)).toEqual({ first_bar: 2, last_bar: 3 });
    expect(reachOf([])).toEqual({ bars: false, pitches: false, parts: false, anew: false, clear: false });
  });

  it("is made anew by emptying it, or by writing over it, as the technique has it", () => {
    const region = { ...WHOLE, first: 2, last: 3 };
    expect(anewIn({ creative_risk: 2 }, fields, region)).toMatchObject({
      creative_risk: 2,
      first_bar: 2,
      clear_first: true,
    });
    const writes = fieldsOf({
      properties: {
        mode: { enum: ["extend", "regenerate"], default: "extend" },
        first_bar: integer(null),
        last_bar: integer(null),
      },
    });
    expect(reachOf(writes)).toMatchObject({ anew: true, clear: false });
    expect(anewIn({ mode: "extend" }, writes, region)).toEqual({
      mode: "regenerate",
      first_bar: 2,
      last_bar: 3,
    });
  });

  it("is drawn from bar line to bar line", () => {
    expect(boxOf(score, WHOLE)).toBeNull();
    expect(boxOf(score, { ...WHOLE, first: 2, last: 3 })).toEqual({
      from: 1920,
      to: 5280,
      low: 0,
      high: 127,
    });
    expect(boxOf(score, { ...WHOLE, first: 4 })).toEqual({ from: 5280, to: 6720, low: 0, high: 127 });
  });

  it("is said in words", () => {
    expect(regionText(WHOLE, score)).toBe("the whole piece");
    expect(regionText({ first: 2, last: 2, low: 60, high: 72, parts: ["lead"] }, score)).toBe(
      "bar 2, C4 to C5, Lead",
    );
    expect(regionText({ ...WHOLE, first: 3 }, score)).toBe("from bar 3 on");
  });
});

describe("taking back", () => {
  it("can be undone and done again, and a new choice ends what could be done again", () => {
    const takes = new Takes();
    expect([takes.toggle(3), takes.toggle(5), takes.toggle(3)]).toEqual([
      "taken back",
      "taken back",
      "put again",
    ]);
    expect([...takes.now]).toEqual([5]);
    expect(takes.undo() && [...takes.now]).toEqual([3, 5]);
    expect(takes.undo() && [...takes.now]).toEqual([3]);
    expect(takes.redo() && [...takes.now]).toEqual([3, 5]);
    takes.take([7, 5]);
    expect([takes.redo(), [...takes.now]]).toEqual([false, [3, 5, 7]]);
    takes.none();
    expect(takes.now.size).toBe(0);
    for (let i = 0; i < 9; i++) takes.undo();
    expect([takes.undo(), takes.now.size]).toEqual([false, 0]);
  });
});

describe("in words", () => {
  const edit = (kind: "add" | "remove" | "resize", removed: object | null, added: object | null) =>
    ({
      name: "edit",
      news: { index: 0, iteration: 1, kind, part: "lead", removed, added_part: "a", added, chance: 1 },
    }) as Told;
  it.each([
    [edit("add", null, note(1920 + 480, 62)), "added", "D4 added", "bar 2, beat 2"],
    [edit("remove", note(3840, 67), null), "removed", "G4 removed", "bar 3, beat 1"],
    [edit("resize", note(0, 60, 480), note(0, 60, 960)), "changed", "C4 made longer", "bar 1, beat 1"],
  ])("an edit", (told, kind, text, where) => {
    expect(wordsOf(told, score)).toEqual({ kind, text, where });
  });

  it("a passage", () => {
    const part = { id: "alto", name: "Alto" };
    const news = {
      index: 0,
      part,
      first: 0,
      end: 3840,
      removed: [note(0, 60)],
      added: [note(0, 62), note(480, 64)],
    };
    const told = { name: "written", news } as unknown as Told;
    expect(wordsOf(told, score)).toEqual({
      kind: "written",
      text: "Alto: 2 notes written, 1 taken out",
      where: "bars 1 to 2",
    });
  });

  it("how a step is doing", () => {
    expect(saidOf(undefined, true, "")).toBe("Starting");
    expect(saidOf("running", false, "1 note added")).toContain("Composing");
    expect(saidOf("succeeded", false, "1 note added")).toBe("Done: 1 note added");
    expect(saidOf("stopped", false, "1 note added")).toBe("Cancelled; this is what there is: 1 note added");
    expect([saidOf("stopped", true, ""), saidOf("succeeded", true, "")]).toEqual([
      "Ended before the first note",
      "Done: nothing changed",
    ]);
  });

  it("a sum, a pace and an estimate", () => {
    expect([sumText(0, 0), sumText(1, 0), sumText(61, 3), sumText(0, 2)]).toEqual([
      "nothing changed",
      "1 note added",
      "61 notes added, 3 removed",
      "2 notes removed",
    ]);
    expect([filmStepMs(1), filmStepMs(100), filmStepMs(100_000)]).toEqual([600, 120, 40]);
    expect([secondsLeft(null, 5), secondsLeft(0.01, 5), secondsLeft(0.25, 5)]).toEqual([null, null, 15]);
  });
});
