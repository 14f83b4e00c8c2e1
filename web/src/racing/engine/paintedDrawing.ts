/**
 * A scene's pictures by the processor, where there is no graphics card: polygons on a 2-D canvas, 30 times a second.
 * WebGL on a processor would draw every pixel of every picture anew, and take a core that a training needs. Here what
 * stands still is painted once for each place of the camera, and the cars over it.
 */

import type { Drawing, DrawingCost, Sight } from "./drawing";
import { FIELDS, FLAG, type FleetFrame, STEER_DEG, X, Y, YAW_RAD } from "./fleet";
import { at, type TrackGeometry } from "./geometry";
import { CarPainter } from "./paintedCar";
import { circle, PaintedTrack } from "./paintedTrack";
import { carColour, type Palette } from "./palette";
import type { SpeedPath } from "./path";
import { Projection } from "./projection";
import { type Trail, trailAlpha } from "./trail";

const SHADOW_M: readonly [number, number][] = [
  [0.44, 0.31],
  [0.37, 0.24],
]; // length and width, one over the other: a soft edge
const RING_M: readonly [number, number] = [0.235, 0.265];
const TRAIL_STEPS = 6;

export class PaintedDrawing implements Drawing {
  readonly pictureMs = 1000 / 30;
  readonly mostPixelRatio = 1;
  readonly gainsByFewerPixels = false; // its time goes into outlines, and a picture of another size has to be scaled
  private readonly pen: CanvasRenderingContext2D;
  private readonly still: CanvasRenderingContext2D; // what stands still, as it was painted last
  private readonly view = new Projection();
  private readonly cars = new CarPainter();
  private palette: Palette | null = null;
  private track: PaintedTrack | null = null;
  private path: SpeedPath | null = null;
  private stillOf = "";
  private viewOf = "";

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly geometry: TrackGeometry,
  ) {
    const pen = canvas.getContext("2d", { alpha: false });
    const still = document.createElement("canvas").getContext("2d", { alpha: false });
    if (!pen || !still) throw new Error("This browser has no canvas to draw on.");
    this.pen = pen;
    this.still = still;
  }

  dress(palette: Palette): void {
    this.palette = palette;
    this.track = new PaintedTrack(this.geometry, palette);
    this.setPath(this.path);
  }

  setPath(path: SpeedPath | null): void {
    this.path = path;
    this.track?.setPath(path);
    this.stillOf = "";
  }

  resize(width: number, height: number, pixelRatio: number): void {
    for (const canvas of [this.canvas, this.still.canvas]) {
      canvas.width = Math.round(width * pixelRatio);
      canvas.height = Math.round(height * pixelRatio);
    }
    this.stillOf = "";
  }

  draw(sight: Sight): DrawingCost {
    const { palette, pen, view } = this;
    if (!palette) return { drawCalls: 0, triangles: 0 };
    view.set(sight.camera, this.canvas.width, this.canvas.height);
    this.drawStill(sight);
    this.drawTrail(sight.trail, palette);
    const order = this.farFirst(sight.frame);
    for (const car of order) this.drawShadow(sight.frame, car, palette);
    if (sight.ring && sight.focus < sight.frame.firstGhost) this.drawRing(sight, palette);
    for (const car of order) {
      const ghost = car >= sight.frame.firstGhost;
      const flag = at(sight.frame.cars, car * FIELDS + FLAG);
      const paint = ghost ? palette.ghost : carColour(palette, flag, car, car === sight.focus);
      this.cars.paint(pen, view, poseOf(sight.frame, car), { paint, trim: palette.carTrim, ghost });
    }
    return { drawCalls: order.length, triangles: 0 };
  }

  dispose(): void {
    this.track = null;
  }

  /** Painted anew only where the camera has moved; while it moves it goes straight into the picture. */
  private drawStill({ camera }: Sight): void {
    const { pen, still, view, track } = this;
    const now = view.signature();
    const e = camera.matrixWorld.elements; // looks along its own -z
    const length = Math.hypot(e[8], e[9]) || 1;
    const [from, ahead] = [
      [e[12], e[13]],
      [-e[8] / length, -e[9] / length],
    ] as [[number, number], [number, number]];
    const moving = now !== this.viewOf;
    this.viewOf = now;
    if (moving) {
      track?.paint(pen, view, from, ahead);
      return;
    }
    if (this.stillOf !== now) track?.paint(still, view, from, ahead);
    this.stillOf = now;
    pen.drawImage(still.canvas, 0, 0);
  }

  private drawTrail(trail: Trail | null, palette: Palette): void {
    const places = trail?.xs.length ?? 0;
    if (!trail || places < 2) return;
    const { pen, view } = this;
    pen.fillStyle = palette.accent;
    const piece = Math.ceil((places - 1) / TRAIL_STEPS);
    for (let from = 0; from < places - 1; from += piece) {
      pen.globalAlpha = trailAlpha(from + piece / 2);
      pen.beginPath();
      for (let k = from; k < Math.min(from + piece, places - 1); k++) {
        const [ax, ay, bx, by] = trail.edges(k);
        const [cx, cy, dx, dy] = trail.edges(k + 1);
        view.begin();
        view.corner(ax, ay, 0);
        view.corner(bx, by, 0);
        view.corner(dx, dy, 0);
        view.corner(cx, cy, 0);
        view.fillInto(pen);
      }
      pen.fill();
    }
    pen.globalAlpha = 1;
  }

  private drawShadow(frame: FleetFrame, car: number, palette: Palette): void {
    const { pen, view } = this;
    const [x, y, yaw] = poseOf(frame, car);
    const [c, s] = [Math.cos(yaw), Math.sin(yaw)];
    pen.fillStyle = palette.shadow;
    pen.globalAlpha = palette.dark ? 0.35 : 0.25;
    for (const [length, width] of SHADOW_M) {
      pen.beginPath();
      view.begin();
      for (let k = 0; k < 16; k++) {
        const angle = (k * Math.PI) / 8;
        const [along, across] = [
          rounded(Math.cos(angle)) * (length / 2),
          rounded(Math.sin(angle)) * (width / 2),
        ];
        view.corner(x + c * along - s * across, y + s * along + c * across, 0);
      }
      if (view.fillInto(pen)) pen.fill();
    }
    pen.globalAlpha = 1;
  }

  private drawRing({ frame, focus }: Sight, palette: Palette): void {
    const { pen, view } = this;
    const [x, y] = poseOf(frame, focus);
    pen.fillStyle = palette.accent;
    pen.beginPath();
    for (const radiusM of RING_M) {
      const line = circle(x, y, radiusM);
      view.begin();
      for (let k = 0; k < line.n; k++) view.corner(at(line.x, k), at(line.y, k), 0);
      view.fillInto(pen);
    }
    pen.fill("evenodd");
  }

  private farFirst(frame: FleetFrame): number[] {
    const depths = Array.from({ length: frame.count }, (_, car) => {
      const [x, y] = poseOf(frame, car);
      return this.view.depthM(x, y, 0);
    });
    return [...depths.keys()].sort((a, b) => at(depths, b) - at(depths, a));
  }
}

function poseOf(frame: FleetFrame, car: number): [number, number, number, number] {
  const o = car * FIELDS;
  const steerRad = (at(frame.cars, o + STEER_DEG) * Math.PI) / 180;
  return [at(frame.cars, o + X), at(frame.cars, o + Y), at(frame.cars, o + YAW_RAD), steerRad];
}

/** Between a circle and a square: the outline of a car's shadow. */
function rounded(value: number): number {
  return Math.sign(value) * Math.sqrt(Math.abs(value));
}
