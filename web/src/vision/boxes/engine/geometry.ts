// Boxes on a photo that is zoomed and panned: corners are shares of the photo, the pointer's places are pixels of the
// stage. Pure functions.

export type Xyxy = [number, number, number, number];
export interface Box {
  label: string;
  xyxy: Xyxy;
}
export interface Point {
  x: number;
  y: number;
}
export interface Size {
  width: number;
  height: number;
}
/** Where the photo's corner lies on the stage, and how many pixels of the stage one of its own takes. */
export interface View {
  scale: number;
  left: number;
  top: number;
}
/** What of a box is held: a side or a corner by its compass point, or the whole. */
export type Handle = "n" | "s" | "e" | "w" | "ne" | "nw" | "se" | "sw" | "all";

export const REACH = 10; // pixels of the stage around a handle that still catch it
export const LEAST_DRAWN = 4; // pixels of the stage; less is a click
const DIGITS = 1e8;
const MOST_ZOOM = 40;

const clamp = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);
const share = (value: number) => Math.round(clamp(value, 0, 1) * DIGITS) / DIGITS;

/** The whole photo, as large as the stage lets it be. */
export function fitted(stage: Size, photo: Size): View {
  const scale = Math.min(stage.width / photo.width, stage.height / photo.height) || 1;
  return {
    scale,
    left: (stage.width - photo.width * scale) / 2,
    top: (stage.height - photo.height * scale) / 2,
  };
}

/** Nearer by a factor, with the place under the pointer standing still; never smaller than the whole photo. */
export function zoomed(view: View, factor: number, at: Point, stage: Size, photo: Size): View {
  const whole = fitted(stage, photo);
  const scale = clamp(view.scale * factor, whole.scale, Math.max(MOST_ZOOM, whole.scale));
  const ratio = scale / view.scale;
  return kept(
    { scale, left: at.x - (at.x - view.left) * ratio, top: at.y - (at.y - view.top) * ratio },
    stage,
    photo,
  );
}

export const panned = (view: View, by: Point, stage: Size, photo: Size): View =>
  kept({ ...view, left: view.left + by.x, top: view.top + by.y }, stage, photo);

/** Zoomed and moved as a finger moves from `was` to `is` while another rests: what lay between them stays between them.
    Without another only moved. */
export function pinched(
  view: View,
  was: Point,
  is: Point,
  other: Point | undefined,
  stage: Size,
  photo: Size,
): View {
  const by = { x: is.x - was.x, y: is.y - was.y };
  if (!other) return panned(view, by, stage, photo);
  const apart = (point: Point) => Math.max(1, Math.hypot(point.x - other.x, point.y - other.y));
  const middle = { x: (was.x + other.x) / 2, y: (was.y + other.y) / 2 };
  const near = zoomed(view, apart(is) / apart(was), middle, stage, photo);
  return panned(near, { x: by.x / 2, y: by.y / 2 }, stage, photo);
}

/** A photo larger than the stage fills it; one that is smaller stays in its middle. */
function kept(view: View, stage: Size, photo: Size): View {
  const along = (offset: number, room: number, length: number) =>
    length <= room ? (room - length) / 2 : clamp(offset, room - length, 0);
  return {
    scale: view.scale,
    left: along(view.left, stage.width, photo.width * view.scale),
    top: along(view.top, stage.height, photo.height * view.scale),
  };
}

/** A place of the stage as shares of the photo; outside of it they are beyond 0 and 1. */
export const toShares = (at: Point, view: View, photo: Size): Point => ({
  x: (at.x - view.left) / (photo.width * view.scale),
  y: (at.y - view.top) / (photo.height * view.scale),
});

/** A box in pixels of the stage. */
export function onStage(xyxy: Xyxy, view: View, photo: Size): { x: number; y: number } & Size {
  const [w, h] = [photo.width * view.scale, photo.height * view.scale];
  const [x1, y1, x2, y2] = xyxy;
  return { x: view.left + x1 * w, y: view.top + y1 * h, width: (x2 - x1) * w, height: (y2 - y1) * h };
}

/** The box between two places, inside the photo. */
export function between(a: Point, b: Point): Xyxy {
  return [
    share(Math.min(a.x, b.x)),
    share(Math.min(a.y, b.y)),
    share(Math.max(a.x, b.x)),
    share(Math.max(a.y, b.y)),
  ];
}

/** A whole box moved by shares of the photo; at the photo's edge it stops and keeps its size. */
export function moved([x1, y1, x2, y2]: Xyxy, dx: number, dy: number): Xyxy {
  const x = clamp(dx, -x1, 1 - x2);
  const y = clamp(dy, -y1, 1 - y2);
  return [share(x1 + x), share(y1 + y), share(x2 + x), share(y2 + y)];
}

/** A box whose held sides go along; pulled over the other side, it turns over. */
export function pulled(xyxy: Xyxy, handle: Handle, dx: number, dy: number): Xyxy {
  if (handle === "all") return moved(xyxy, dx, dy);
  const [x1, y1, x2, y2] = xyxy;
  const a = { x: x1 + (handle.includes("w") ? dx : 0), y: y1 + (handle.includes("n") ? dy : 0) };
  const b = { x: x2 + (handle.includes("e") ? dx : 0), y: y2 + (handle.includes("s") ? dy : 0) };
  return between(a, b);
}

/** Whether a box is large enough to be meant. */
export function isBox(xyxy: Xyxy, view: View, photo: Size): boolean {
  const { width, height } = onStage(xyxy, view, photo);
  return width >= LEAST_DRAWN && height >= LEAST_DRAWN;
}

/** The part of a box that a place of the stage holds; of the outside nothing. Touch reaches further. */
export function handleAt(xyxy: Xyxy, at: Point, view: View, photo: Size, reach = REACH): Handle | undefined {
  const { x, y, width, height } = onStage(xyxy, view, photo);
  if (at.x < x - reach || at.x > x + width + reach || at.y < y - reach || at.y > y + height + reach)
    return undefined;
  const inner = Math.min(reach, width / 3, height / 3); // a small box still has a middle
  const ns = at.y < y + inner ? "n" : at.y > y + height - inner ? "s" : "";
  const ew = at.x < x + inner ? "w" : at.x > x + width - inner ? "e" : "";
  return (ns + ew || "all") as Handle;
}

/** The box under a place: the smallest, for a larger one is held by its other parts. */
export function boxAt(boxes: readonly Box[], at: Point, view: View, photo: Size): number | undefined {
  const place = toShares(at, view, photo);
  const area = (k: number) => {
    const [x1, y1, x2, y2] = boxes[k]?.xyxy ?? [0, 0, 0, 0];
    return (x2 - x1) * (y2 - y1);
  };
  return [...boxes.keys()]
    .filter((k) => {
      const [x1, y1, x2, y2] = boxes[k]?.xyxy ?? [0, 0, 0, 0];
      return place.x >= x1 && place.x <= x2 && place.y >= y1 && place.y <= y2;
    })
    .sort((a, b) => area(a) - area(b))[0];
}

/** A class's colour on photos: hues by the golden angle, so that neighbours differ; readable under black text. */
export const colourOf = (index: number): string =>
  `hsl(${Math.round((165 + Math.max(0, index) * 137.508) % 360)} 95% 62%)`;
