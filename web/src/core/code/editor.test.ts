import { EditorState } from "@codemirror/state";
import { expect, it } from "vitest";
import { diagnosticsOf } from "./editor";

it("marks the code of a line without its indent, and keeps impossible lines inside the text", () => {
  const state = EditorState.create({ doc: "def f(params):\n    return x\n" });
  const [warning, error, beyond] = diagnosticsOf(
    state,
    [
      { line: 2, message: "x is not known" },
      { line: 99, message: "the code ends early" },
    ],
    [{ message: "look here" }],
  );
  expect(warning).toMatchObject({ from: 0, to: 14, severity: "warning" });
  expect(error).toMatchObject({ from: 19, to: 27, severity: "error" });
  expect(beyond).toMatchObject({ from: 28, to: 28 });
});
