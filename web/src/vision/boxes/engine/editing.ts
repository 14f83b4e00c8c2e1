// What is done to the boxes of one photo: a state, and pure functions that make the next one from it.
import {
  type Box,
  between,
  boxAt,
  type Handle,
  handleAt,
  isBox,
  moved,
  type Point,
  pulled,
  REACH,
  type Size,
  toShares,
  type View,
} from "./geometry";

export interface Editing {
  /** null where nobody has looked yet. */
  boxes: readonly Box[] | null;
  selected: number | undefined;
}
/** What the pointer is at, from its press to its release. */
export type Gesture =
  | { kind: "draw"; from: Point; to: Point }
  | { kind: "pull"; index: number; handle: Handle; from: Point; before: Box };
export interface Place {
  view: View;
  photo: Size;
}
const REACH_OF_TOUCH = 2.2 * REACH;

const list = (state: Editing): readonly Box[] => state.boxes ?? [];
export const selectedBox = (state: Editing): Box | undefined =>
  state.selected === undefined ? undefined : state.boxes?.[state.selected];

/** A press: on the selected box it holds a part of it, on another it selects that one, elsewhere it begins a new one. */
export function pressed(
  state: Editing,
  at: Point,
  { view, photo }: Place,
  touch = false,
): { state: Editing; gesture: Gesture } {
  const from = toShares(at, view, photo);
  const current = selectedBox(state);
  const handle = current && handleAt(current.xyxy, at, view, photo, touch ? REACH_OF_TOUCH : REACH);
  if (current && handle && state.selected !== undefined)
    return { state, gesture: { kind: "pull", index: state.selected, handle, from, before: current } };
  const edge = onEdge(state, at, { view, photo });
  if (edge) return edge;
  return { state: { ...state, selected: undefined }, gesture: { kind: "draw", from, to: from } };
}

/** A box that is not selected is taken by its edge, for in its middle another may have to be drawn. */
function onEdge(state: Editing, at: Point, { view, photo }: Place) {
  for (const [index, box] of [...list(state).entries()].reverse()) {
    const handle = handleAt(box.xyxy, at, view, photo, REACH / 2);
    if (handle && handle !== "all") {
      const gesture: Gesture = {
        kind: "pull",
        index,
        handle: "all",
        from: toShares(at, view, photo),
        before: box,
      };
      return { state: { ...state, selected: index }, gesture };
    }
  }
  return undefined;
}

/** What is shown while the pointer moves. */
export function dragged(
  state: Editing,
  gesture: Gesture,
  at: Point,
  place: Place,
): { state: Editing; gesture: Gesture } {
  const to = toShares(at, place.view, place.photo);
  if (gesture.kind === "draw") return { state, gesture: { ...gesture, to } };
  const { before, handle, from, index } = gesture;
  const xyxy = pulled(before.xyxy, handle, to.x - from.x, to.y - from.y);
  return { state: replaced(state, index, { ...before, xyxy }), gesture };
}

/** The release: a new box of the class, or a click that selects what lies under it. */
export function released(
  state: Editing,
  gesture: Gesture,
  at: Point,
  place: Place,
  label: string | undefined,
): Editing {
  if (gesture.kind === "pull") {
    const box = state.boxes?.[gesture.index];
    return box && isBox(box.xyxy, place.view, place.photo)
      ? state
      : replaced(state, gesture.index, gesture.before);
  }
  const xyxy = between(gesture.from, gesture.to);
  if (!isBox(xyxy, place.view, place.photo))
    return { ...state, selected: boxAt(list(state), at, place.view, place.photo) };
  return label === undefined ? state : added(state, { label, xyxy });
}

export function added(state: Editing, box: Box): Editing {
  const boxes = [...list(state), box];
  return { boxes, selected: boxes.length - 1 };
}

const replaced = (state: Editing, index: number, box: Box): Editing => ({
  ...state,
  boxes: list(state).map((each, k) => (k === index ? box : each)),
});

export function removed(state: Editing, index = state.selected): Editing {
  if (index === undefined || !state.boxes?.[index]) return state;
  const boxes = state.boxes.filter((_, k) => k !== index);
  return { boxes, selected: undefined };
}

export function relabelled(state: Editing, label: string): Editing {
  const box = selectedBox(state);
  return box && state.selected !== undefined ? replaced(state, state.selected, { ...box, label }) : state;
}

/** Moves the selected box by pixels of the photo, or with `grow` its right and lower side. */
export function nudged(state: Editing, dx: number, dy: number, photo: Size, grow = false): Editing {
  const box = selectedBox(state);
  if (!box || state.selected === undefined) return state;
  const [x, y] = [dx / photo.width, dy / photo.height];
  const [x1, y1, x2, y2] = box.xyxy;
  const least = { x: x1 + 1 / photo.width, y: y1 + 1 / photo.height };
  const xyxy = grow
    ? between({ x: x1, y: y1 }, { x: Math.max(x2 + x, least.x), y: Math.max(y2 + y, least.y) })
    : moved(box.xyxy, x, y);
  return replaced(state, state.selected, { ...box, xyxy });
}

/** The next box, or the one before; beyond the last there is none, so that Tab leaves the photo. */
export function cycled(state: Editing, by: 1 | -1): Editing {
  const count = list(state).length;
  const next = state.selected === undefined ? (by === 1 ? 0 : count - 1) : state.selected + by;
  return { ...state, selected: next >= 0 && next < count ? next : undefined };
}

/** A box in the middle of what is in sight, for those who draw by keys. */
export function inTheMiddle(state: Editing, label: string, stage: Size, { view, photo }: Place): Editing {
  const corner = (x: number, y: number) => toShares({ x: x * stage.width, y: y * stage.height }, view, photo);
  return added(state, { label, xyxy: between(corner(0.4, 0.4), corner(0.6, 0.6)) });
}

/** Boxes of another photo put on this one; those that it has already are not put there twice. */
export function pasted(state: Editing, boxes: readonly Box[]): Editing {
  const here = new Set(list(state).map((box) => JSON.stringify(box)));
  const fresh = boxes.filter((box) => !here.has(JSON.stringify(box)));
  if (fresh.length === 0) return state;
  const all = [...list(state), ...fresh];
  return { boxes: all, selected: fresh.length === 1 ? all.length - 1 : undefined };
}
