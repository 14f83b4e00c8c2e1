// What is painted with: the tool, the class, the brush; and what a press, a drag and a release of the pointer do with it.
import { type Point, resized, stroke } from "./engine/brush";
import { flood, floodByColour, type Pixels } from "./engine/fill";
import { BACKGROUND, type Mask, type Over, UNSURE } from "./engine/mask";
import { fillPolygon, movedPoint, pointAt, withPoint } from "./engine/polygon";
import type { Tool } from "./keys";
import type { MaskSession } from "./session.svelte";

const [FIRST_RADIUS, TOLERANCE] = [12, 24];
const OPACITIES = [0.45, 0.8, 0, 0.2];

export class Painter {
  tool = $state<Tool>("brush");
  /** What is painted: a class's place plus 1, the background, or "nobody can say". */
  value = $state(1);
  radius = $state(FIRST_RADIUS);
  tolerance = $state(TOLERANCE);
  over = $state<Over>("all");
  alpha = $state(OPACITIES[0] ?? 0.5);
  /** The polygon that is being drawn, in pixels of the mask. */
  points = $state.raw<readonly Point[]>([]);
  private last: Point | undefined;
  private held: number | undefined;
  private lastClass = 1;

  constructor(private readonly session: MaskSession) {}

  choose(value: number): void {
    this.value = value;
    if (value !== BACKGROUND && value !== UNSURE) this.lastClass = value;
  }

  /** The background and back again. */
  toggle(value: typeof BACKGROUND | typeof UNSURE): void {
    this.choose(this.value === value ? this.lastClass : value);
  }

  pick(tool: Tool): void {
    this.tool = tool;
    this.points = [];
  }

  size(by: 1 | -1): void {
    this.radius = resized(this.radius, by);
  }

  nextOpacity(): void {
    this.alpha = OPACITIES[(OPACITIES.indexOf(this.alpha) + 1) % OPACITIES.length] ?? 0.5;
  }

  /** `reach`: pixels of the mask around a point that still hold it; `erase`: the background this once. */
  press(at: Point, reach: number, erase: boolean, photo: () => Pixels | undefined): void {
    const value = erase ? BACKGROUND : this.value;
    if (this.tool === "polygon") this.pressPolygon(at, reach);
    else if (this.tool === "brush") {
      const mask = this.session.begin();
      if (mask) this.draw(mask, at, at, value);
      this.last = at;
      this.strokeValue = value;
    } else this.fillFrom(at, value, photo);
  }
  private strokeValue = 1;

  drag(at: Point): void {
    if (this.held !== undefined) this.points = movedPoint(this.points, this.held, at);
    const mask = this.last && this.session.begin();
    if (mask && this.last) {
      this.draw(mask, this.last, at, this.strokeValue);
      this.last = at;
    }
  }

  release(): void {
    this.held = undefined;
    if (this.last) this.session.finish();
    this.last = undefined;
  }

  /** Two fingers zoom: what the first one began is no stroke. */
  cancel(): void {
    if (this.last) this.session.abandon();
    [this.last, this.held] = [undefined, undefined];
  }

  close(): void {
    const { points, value, over } = this;
    this.points = [];
    if (points.length > 2) this.session.change((mask) => fillPolygon(mask, points, value, over));
  }

  removePoint(): void {
    this.points = this.points.slice(0, -1);
  }

  private pressPolygon(at: Point, reach: number): void {
    const held = pointAt(this.points, at, reach);
    if (held === 0 && this.points.length > 2) this.close();
    else if (held !== undefined) this.held = held;
    else this.points = withPoint(this.points, at);
  }

  private fillFrom(at: Point, value: number, photo: () => Pixels | undefined): void {
    const [x, y] = [Math.floor(at.x), Math.floor(at.y)];
    const pixels = this.tool === "wand" ? photo() : undefined;
    this.session.change((mask) => {
      if (this.tool === "fill") flood(mask, x, y, value, this.over);
      else if (pixels) floodByColour(mask, pixels, { x, y }, value, this.tolerance, this.over);
    });
  }

  private draw(mask: Mask, from: Point, to: Point, value: number): void {
    stroke(mask, from, to, this.radius, value, this.over);
    this.session.touched();
  }
}
