import { expect, it } from "vitest";
import { caption } from "./caption";
import { commandOf, type Pressed } from "./keys";

const press = (key: string, more: Partial<Pressed> = {}) =>
  commandOf({ key, ctrl: false, shift: false, selected: false, onPhoto: true, ...more }, ["apple", "pear"]);

it("names, moves, draws and goes on", () => {
  expect(press("2")).toEqual({ kind: "class", label: "pear" });
  expect(press("3")).toBeUndefined();
  expect(press("n")).toEqual({ kind: "nothing" });
  expect(press("Enter")).toEqual({ kind: "next" });
  expect(press("a")).toEqual({ kind: "accept" });
  expect(press("x")).toBeUndefined();
});

it("lets arrows move a selected box, and go to another photo otherwise", () => {
  expect(press("ArrowRight")).toEqual({ kind: "move", by: 1 });
  expect(press("ArrowUp")).toBeUndefined();
  expect(press("ArrowRight", { selected: true, shift: true })).toEqual({
    kind: "nudge",
    dx: 10,
    dy: 0,
    grow: false,
  });
  expect(press("ArrowUp", { selected: true, ctrl: true })).toEqual({
    kind: "nudge",
    dx: 0,
    dy: -1,
    grow: true,
  });
  expect(press("ArrowLeft", { ctrl: true })).toBeUndefined(); // the browser's own
  expect(press("PageDown", { selected: true })).toEqual({ kind: "move", by: 1 });
});

it("takes Tab on the photo alone, so that nobody is caught there", () => {
  expect(press("Tab", { shift: true })).toEqual({ kind: "cycle", by: -1 });
  expect(press("Tab", { onPhoto: false })).toBeUndefined();
});

it("knows the usual ways of copying and undoing, and leaves the browser its others", () => {
  expect(press("c", { ctrl: true })).toEqual({ kind: "copy" });
  expect(press("Z", { ctrl: true, shift: true })).toEqual({ kind: "redo" });
  expect(press("r", { ctrl: true })).toBeUndefined(); // loads the page anew
  expect(press("1", { ctrl: true })).toBeUndefined();
});

it("tells a photo that nobody has looked at from one with nothing on it", () => {
  const box = { label: "apple", xyxy: [0, 0, 1, 1] };
  expect(caption({ label: null, boxes: null }, "detection")).toBe("not looked at");
  expect(caption({ label: null, boxes: [] }, "detection")).toBe("nothing there");
  expect(caption({ label: null, boxes: [box, box] }, "detection")).toBe("2 boxes");
  expect([caption({ label: "cat" }, "classification"), caption({ label: null }, undefined)]).toEqual([
    "cat",
    "no class",
  ]);
  const areas = [{ label: "road", share: 0.5 }];
  expect(caption({ label: null, mask: null }, "segmentation")).toBe("not looked at");
  expect(caption({ label: null, mask: { areas, unlabelled: 0 } }, "segmentation")).toBe("road");
  expect(caption({ label: null, mask: { areas: [], unlabelled: 0 } }, "segmentation")).toBe("nothing there");
});
