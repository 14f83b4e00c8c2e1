import { describe, expect, it } from "vitest";
import { fieldsOf, groupsOf, laidOut, problemsOf, type Schema, seedProblem } from "./formModel";
import { assignments, keywords, literal } from "./sameElsewhere";

const SCHEMA: Schema = {
  properties: {
    folds: { type: "integer", default: 5, minimum: 2, title: "Folds", group: "evaluation" },
    fine_tune: {
      properties: {
        on: { type: "boolean", default: false, group: "fine-tuning" },
        augment: {
          properties: {
            turn_deg: { type: "number", default: 20, group: "fine-tuning" },
            words: { type: "array", default: [], group: "fine-tuning" },
          },
        },
      },
    },
  },
};
const fields = fieldsOf(SCHEMA);
const config = { fine_tune: { on: true, augment: { turn_deg: 90, words: ["a b", null] } } };

describe("the same elsewhere", () => {
  it("has objects in Python as deep as the settings lie", () => {
    expect(keywords(config, fields)).toEqual([
      'fine_tune={"on": True, "augment": {"turn_deg": 90, "words": ["a b", None]}}',
    ]);
    expect(keywords({}, fields)).toEqual([]);
    expect(literal({ a: [true, "x"] })).toBe('{"a": [True, "x"]}');
  });

  it("has dotted paths in a command, and quotes where a shell would take the word apart", () => {
    expect(assignments(config, fields)).toEqual([
      "--set fine_tune.on=true",
      "--set fine_tune.augment.turn_deg=90",
      `--set 'fine_tune.augment.words=["a b",null]'`,
    ]);
  });
});

describe("a form as it is", () => {
  it("keeps what was entered, right or wrong, and fills in what was not", () => {
    const entered = laidOut(fields, { folds: 1, old: 3 });
    expect(entered.folds).toBe(1);
    expect(entered.old).toBeUndefined();
    expect(entered.fine_tune).toEqual({ on: false, augment: { turn_deg: 20, words: [] } });
    expect(problemsOf(fields, laidOut(fields, { folds: null })).folds).toBe("Folds needs a value.");
  });

  it("has a heading for each group, known or not", () => {
    expect(groupsOf(fields, { evaluation: ["How it is judged", "By others."] })).toEqual([
      { id: "evaluation", title: "How it is judged", text: "By others." },
      { id: "fine-tuning", title: "Fine-tuning", text: undefined },
    ]);
    expect([seedProblem(0), seedProblem(-1).length > 0, seedProblem(1.5).length > 0]).toEqual([
      [],
      true,
      true,
    ]);
  });
});
