import { describe, expect, it } from "vitest";
import {
  cycled,
  dragged,
  type Editing,
  inTheMiddle,
  nudged,
  pasted,
  pressed,
  relabelled,
  released,
  removed,
} from "./editing";
import {
  between,
  boxAt,
  colourOf,
  fitted,
  handleAt,
  moved,
  onStage,
  panned,
  pinched,
  pulled,
  toShares,
  type Xyxy,
  zoomed,
} from "./geometry";
import { Steps } from "./steps";

const stage = { width: 400, height: 400 };
const photo = { width: 200, height: 100 };
const view = fitted(stage, photo); // twice as large, 100 pixels of stage above and below
const place = { view, photo };
const apple = { label: "apple", xyxy: [0.1, 0.2, 0.5, 0.6] as Xyxy };
const pear = { label: "pear", xyxy: [0.2, 0.3, 0.3, 0.4] as Xyxy };
const at = (x: number, y: number) => ({ x, y });
const state = (selected?: number): Editing => ({ boxes: [apple, pear], selected });

describe("the view", () => {
  it("shows the whole photo in the middle", () => {
    expect(view).toEqual({ scale: 2, left: 0, top: 100 });
    expect(toShares(at(200, 200), view, photo)).toEqual(at(0.5, 0.5));
    expect(onStage([0, 0, 0.5, 1], view, photo)).toEqual({ x: 0, y: 100, width: 200, height: 200 });
  });

  it("zooms about the pointer, no further out than the whole", () => {
    const pointer = at(300, 220);
    const near = zoomed(view, 4, pointer, stage, photo);
    expect(near.scale).toBe(8);
    const [was, is] = [toShares(pointer, view, photo), toShares(pointer, near, photo)];
    expect(is.x).toBeCloseTo(was.x, 10);
    expect(is.y).toBeCloseTo(was.y, 10);
    expect(zoomed(near, 0.001, at(0, 0), stage, photo)).toEqual(view);
    expect(zoomed(view, 1e9, pointer, stage, photo).scale).toBe(40);
  });

  it("keeps what lies between two fingers between them", () => {
    const near = zoomed(view, 4, at(200, 200), stage, photo);
    const [was, is, other] = [at(220, 200), at(300, 240), at(120, 180)];
    const far = pinched(near, was, is, other, stage, photo);
    const apart = Math.hypot(180, 60) / Math.hypot(100, 20);
    expect(far.scale).toBeCloseTo(near.scale * apart, 10);
    const before = toShares(at(170, 190), near, photo);
    const after = toShares(at(210, 210), far, photo);
    expect(after.x).toBeCloseTo(before.x, 10);
    expect(after.y).toBeCloseTo(before.y, 10);
    expect(pinched(near, was, is, undefined, stage, photo)).toEqual(panned(near, at(80, 40), stage, photo));
  });

  it("never pans the photo away", () => {
    const near = zoomed(view, 2, at(200, 200), stage, photo);
    expect(panned(near, at(1e6, 1e6), stage, photo)).toMatchObject({ left: 0, top: 0 });
    expect(panned(near, at(-1e6, -1e6), stage, photo)).toMatchObject({ left: -400, top: 0 });
    expect(panned(view, at(50, 50), stage, photo)).toEqual(view);
  });
});

describe("a box", () => {
  it("lies between two places in any order, inside the photo", () => {
    expect(between(at(0.5, -1), at(0.2, 0.4))).toEqual([0.2, 0, 0.5, 0.4]);
    expect(between(at(2, 3), at(0.9, 0.9))).toEqual([0.9, 0.9, 1, 1]);
  });

  it("stops at the photo's edge and keeps its size", () => {
    expect(moved(apple.xyxy, 9, -9)).toEqual([0.6, 0, 1, 0.4]);
  });

  it("is pulled by its sides, and turns over", () => {
    expect(pulled(apple.xyxy, "se", 0.1, 0.1)).toEqual([0.1, 0.2, 0.6, 0.7]);
    expect(pulled(apple.xyxy, "n", 0.3, -0.1)).toEqual([0.1, 0.1, 0.5, 0.6]);
    expect(pulled(apple.xyxy, "w", 0.6, 0)).toEqual([0.5, 0.2, 0.7, 0.6]);
  });

  it("is held by corners, sides and its middle", () => {
    // on the stage: x 40 to 200, y 140 to 220
    const held = (x: number, y: number) => handleAt(apple.xyxy, at(x, y), view, photo);
    expect([held(38, 138), held(120, 141), held(203, 224), held(120, 180), held(29, 180)]).toEqual([
      "nw",
      "n",
      "se",
      "all",
      undefined,
    ]);
    const tiny: Xyxy = [0.5, 0.5, 0.53, 0.56];
    expect(handleAt(tiny, at(206, 206), view, photo)).toBe("all"); // 12 x 12 pixels have a middle
  });

  it("under the pointer is the smallest one", () => {
    expect(boxAt([apple, pear], at(100, 170), view, photo)).toBe(1);
    expect(boxAt([apple, pear], at(60, 150), view, photo)).toBe(0);
    expect(boxAt([apple, pear], at(390, 390), view, photo)).toBeUndefined();
  });

  it("has a colour unlike its neighbours'", () => {
    const hue = (k: number) => Number(/\((\d+)/.exec(colourOf(k))?.[1]);
    for (let k = 0; k < 12; k += 1) {
      const apart = Math.abs(hue(k) - hue(k + 1));
      expect(Math.min(apart, 360 - apart)).toBeGreaterThan(90);
    }
  });
});

describe("the pointer", () => {
  const drag = (from: Editing, a: { x: number; y: number }, b: { x: number; y: number }, label = "fig") => {
    const start = pressed(from, a, place);
    const during = dragged(start.state, start.gesture, b, place);
    return released(during.state, during.gesture, b, place, label);
  };

  it("draws a box of the class, and selects it", () => {
    const empty: Editing = { boxes: null, selected: undefined };
    expect(drag(empty, at(300, 120), at(240, 160))).toEqual({
      boxes: [{ label: "fig", xyxy: [0.6, 0.1, 0.75, 0.3] }],
      selected: 0,
    });
  });

  it("makes none of a click, and none without a class", () => {
    expect(drag(state(), at(100, 170), at(102, 171))).toEqual(state(1));
    expect(drag(state(0), at(390, 390), at(391, 390))).toEqual(state(undefined));
    const start = pressed(state(), at(300, 120), place);
    const end = dragged(start.state, start.gesture, at(390, 160), place);
    expect(released(end.state, end.gesture, at(390, 160), place, undefined)).toEqual(state(undefined));
  });

  it("draws inside a box that is not selected, and moves one that is", () => {
    expect(drag(state(), at(130, 190), at(170, 210)).boxes).toHaveLength(3);
    expect(drag(state(0), at(130, 190), at(170, 190)).boxes?.[0]?.xyxy).toEqual([0.2, 0.2, 0.6, 0.6]);
    expect(drag(state(0), at(200, 220), at(240, 240)).boxes?.[0]?.xyxy).toEqual([0.1, 0.2, 0.6, 0.7]);
    expect(drag(state(), at(40, 180), at(80, 180))).toMatchObject({ selected: 0 }); // by its edge
  });

  it("leaves a box as it was where nothing of it would be left", () => {
    expect(drag(state(0), at(200, 180), at(40, 180))).toEqual(state(0));
  });
});

describe("the keys", () => {
  it("move by pixels of the photo, and grow no smaller than one", () => {
    expect(nudged(state(0), 2, -1, photo).boxes?.[0]?.xyxy).toEqual([0.11, 0.19, 0.51, 0.59]);
    expect(nudged(state(0), 20, 0, photo, true).boxes?.[0]?.xyxy).toEqual([0.1, 0.2, 0.6, 0.6]);
    expect(nudged(state(0), -999, -999, photo, true).boxes?.[0]?.xyxy).toEqual([0.1, 0.2, 0.105, 0.21]);
    expect(nudged(state(), 1, 1, photo)).toEqual(state());
  });

  it("go from box to box and out again", () => {
    expect([cycled(state(), 1), cycled(state(0), 1), cycled(state(1), 1), cycled(state(), -1)]).toEqual([
      state(0),
      state(1),
      state(undefined),
      state(1),
    ]);
  });

  it("remove, rename and draw", () => {
    expect(removed(state(0))).toEqual({ boxes: [pear], selected: undefined });
    expect(removed(state())).toEqual(state());
    expect(relabelled(state(1), "fig").boxes?.[1]?.label).toBe("fig");
    const drawn = inTheMiddle({ boxes: null, selected: undefined }, "fig", stage, place);
    expect(drawn.boxes).toEqual([{ label: "fig", xyxy: [0.4, 0.3, 0.6, 0.7] }]);
  });

  it("paste what is not there yet", () => {
    expect(pasted({ boxes: [apple], selected: 0 }, [apple, pear]).boxes).toEqual([apple, pear]);
    expect(pasted(state(0), [apple])).toEqual(state(0));
  });
});

describe("steps", () => {
  it("go back and forth", () => {
    const steps = new Steps();
    steps.push({ sha256: "a", before: null, after: [apple] });
    steps.push({ sha256: "b", before: [], after: [pear] });
    steps.push({ sha256: "b", before: [pear], after: [pear] }); // nothing was done
    expect(steps.back()).toMatchObject({ sha256: "b", before: [] });
    expect(steps.back()).toMatchObject({ sha256: "a", before: null });
    expect(steps.back()).toBeUndefined();
    expect(steps.again()).toMatchObject({ sha256: "a", after: [apple] });
    steps.push({ sha256: "a", before: [apple], after: [] });
    expect(steps.again()).toBeUndefined(); // what came since stands in its place
    expect(steps.undoable).toBe(2);
  });

  it("that are one gesture are taken back at once", () => {
    const steps = new Steps();
    const step = (before: Xyxy, after: Xyxy, tag?: string) =>
      steps.push({
        sha256: "a",
        before: [{ label: "x", xyxy: before }],
        after: [{ label: "x", xyxy: after }],
        tag,
      });
    step([0, 0, 1, 1], [0, 0, 0.9, 1], "nudge");
    step([0, 0, 0.9, 1], [0, 0, 0.8, 1], "nudge");
    step([0, 0, 0.8, 1], [0, 0, 0.7, 1]);
    expect(steps.undoable).toBe(2);
    steps.back();
    expect(steps.back()?.before?.[0]?.xyxy).toEqual([0, 0, 1, 1]);
    steps.again();
    step([0, 0, 0.8, 1], [0, 0, 0.5, 1], "nudge");
    expect(steps.undoable).toBe(2); // what was done again is a step of its own
    steps.forget("a");
    expect(steps.undoable + steps.redoable).toBe(0);
  });
});
