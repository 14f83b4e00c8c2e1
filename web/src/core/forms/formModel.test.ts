import { describe, expect, it } from "vitest";
import {
  defaultsOf,
  differences,
  fieldsOf,
  fromSlider,
  getAt,
  hasSlider,
  niceStep,
  problemOf,
  problemsOf,
  type Schema,
  setAt,
  toSlider,
  withDefaults,
} from "./formModel";

/** The shapes that pydantic writes, one of each. */
const schema: Schema = {
  $defs: {
    Car: {
      type: "object",
      properties: {
        network: {
          enum: ["light", "shallow"],
          type: "string",
          default: "light",
          title: "Network",
          group: "car",
        },
        actions: {
          anyOf: [{ type: "array" }, { type: "null" }],
          default: null,
          title: "Actions",
          advanced: true,
        },
      },
    },
  },
  properties: {
    car: { $ref: "#/$defs/Car", title: "Car" },
    algorithm: { const: "ppo", type: "string", default: "ppo", title: "Algorithm" },
    batch_size: { enum: [32, 64], type: "integer", default: 64, title: "Batch size" },
    lr: {
      type: "number",
      minimum: 1e-8,
      maximum: 0.01,
      default: 0.001,
      title: "Learning rate",
      log: true,
      more: "faster",
    },
    epochs: { type: "integer", minimum: 1, maximum: 10, default: 4, title: "Epochs" },
    share: { type: "number", minimum: 0, exclusiveMaximum: 1, default: 0.05, title: "Share" },
    minutes: {
      anyOf: [{ type: "number", exclusiveMinimum: 0, maximum: 1440 }, { type: "null" }],
      default: 10,
      title: "Time limit",
      unit: "min",
      group: "stop",
    },
    video: { type: "boolean", default: true, title: "Video" },
  },
};
const fields = fieldsOf(schema);
const field = (key: string) => {
  const found = fields.find((candidate) => candidate.key === key);
  if (!found) throw new Error(key);
  return found;
};

describe("fieldsOf", () => {
  it("walks into nested configs and keeps the order", () => {
    expect(fields.map((f) => f.key).slice(0, 3)).toEqual(["car.network", "car.actions", "algorithm"]);
  });
  it("knows each kind of control", () => {
    expect(fields.map((f) => f.kind)).toEqual([
      "choice",
      "list",
      "fixed",
      "choice",
      "number",
      "number",
      "number",
      "number",
      "switch",
    ]);
  });
  it("sees through 'or nothing'", () => {
    expect(field("minutes")).toMatchObject({
      optional: true,
      max: 1440,
      exclusiveMin: true,
      unit: "min",
      group: "stop",
    });
  });
});

it("knows what a list holds, gaps in it too, and what is picked for it", () => {
  const program = { anyOf: [{ type: "integer", minimum: 0, maximum: 127 }, { type: "null" }] };
  const list = { anyOf: [{ type: "array", items: program }, { type: "null" }], picks: "program" };
  const [found] = fieldsOf({ properties: { programs: list } });
  expect(found).toMatchObject({
    kind: "list",
    items: { min: 0, max: 127 },
    picks: "program",
    optional: true,
  });
});

describe("values", () => {
  it("makes the defaults, and they are all valid", () => {
    const config = defaultsOf(fields);
    expect(config).toMatchObject({ car: { network: "light", actions: null }, lr: 0.001, video: true });
    expect(problemsOf(fields, config)).toEqual({});
  });
  it("changes one value and shares the rest", () => {
    const config = defaultsOf(fields);
    const next = setAt(config, ["car", "network"], "shallow");
    expect(getAt(next, ["car", "network"])).toBe("shallow");
    expect(getAt(config, ["car", "network"])).toBe("light");
  });
  it("keeps what fits of an old draft and drops what does not", () => {
    const config = withDefaults(fields, { lr: 5, epochs: 7, car: { network: "deep" }, gone: 1 });
    expect(config).toMatchObject({ lr: 0.001, epochs: 7, car: { network: "light" } });
    expect(config).not.toHaveProperty("gone");
  });
});

describe("problemOf", () => {
  it.each([
    ["epochs", 2.5, "Epochs is a whole number."],
    ["epochs", 11, "Epochs lies between 1 and 10."],
    ["epochs", null, "Epochs needs a value."],
    ["epochs", Number.NaN, "Epochs needs a number."],
    ["share", 1, "Share lies between 0 and 1."],
    ["minutes", 0, "Time limit lies between 0 and 1440 min."],
    ["batch_size", 48, "Batch size is one of 32, 64."],
  ])("%s = %s is refused in a sentence", (key, value, sentence) => {
    expect(problemOf(field(key), value)).toBe(sentence);
  });
  it("lets an optional value be empty", () => expect(problemOf(field("minutes"), null)).toBeNull());
});

describe("sliders", () => {
  it("stand only where both ends are known", () => {
    expect(hasSlider(field("epochs"))).toBe(true);
    expect(hasSlider(field("minutes"))).toBe(false);
  });
  it("are logarithmic where the field asks for it", () => {
    expect(fromSlider(field("lr"), 500)).toBeCloseTo(1e-5, 10);
    expect(toSlider(field("lr"), 1e-5)).toBe(500);
  });
  it("reach both ends and give whole numbers to whole fields", () => {
    expect([fromSlider(field("epochs"), 0), fromSlider(field("epochs"), 1000)]).toEqual([1, 10]);
    expect(Number.isInteger(fromSlider(field("epochs"), 333))).toBe(true);
  });
  it("move in steps that people use", () => {
    expect(niceStep(1)).toBeCloseTo(0.01);
    expect(niceStep(29)).toBeCloseTo(0.2);
    expect(niceStep(60)).toBeCloseTo(0.5);
  });
});

it("tells two configs apart, nested entries by their path", () => {
  expect(
    differences({ a: 1, car: { n: "light", k: 2 } }, { a: 1, car: { n: "shallow", k: 2 }, b: null }),
  ).toEqual([["car.n", "light", "shallow"]]);
});
