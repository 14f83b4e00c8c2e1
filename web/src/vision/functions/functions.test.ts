import { CompletionContext } from "@codemirror/autocomplete";
import { EditorState } from "@codemirror/state";
import { expect, it } from "vitest";
import { completeFunction } from "./complete";
import { freeName, nameProblem } from "./names";
import { spread } from "./spread";

it("finds a free name, and says what is wrong with one", () => {
  expect(freeName("count_things", [])).toBe("my-count-things");
  expect(freeName("count_things", ["My-Count-Things", "my-count-things-2"])).toBe("my-count-things-3");
  expect(freeName("my-door", ["my-door"])).toBe("my-door-2");
  expect(nameProblem("Door", ["door"])).toContain("There is a function");
  for (const wrong of ["../out", "ends.", " x", "é", "a".repeat(65)])
    expect(nameProblem(wrong, [])).toContain("Use up to");
  for (const good of ["a", "My first", "v1.2_b-3", "a".repeat(64)]) expect(nameProblem(good, [])).toBe("");
});

it("takes photos from all over a project", () => {
  expect(spread([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 2)).toEqual([2, 7]);
  expect(spread([0, 1], 3)).toEqual([0, 1]);
  expect(spread([], 3)).toEqual([]);
});

it("completes what a function is given", () => {
  const offered = (doc: string) =>
    completeFunction(new CompletionContext(EditorState.create({ doc }), doc.length, false));
  expect(offered("if seen.la")?.options.map(({ label }) => label)).toContain("label");
  expect(offered("if seen.la")?.from).toBe("if seen.".length);
  expect(offered("studio.")?.options[0]?.label).toBe("publish(topic, payload)");
  expect(offered("self.")).toBeNull();
});
