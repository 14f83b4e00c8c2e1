/**
 * The car for the processor to paint: some forty flat faces in place of the full shape, fewer where it is small in the
 * picture. Origin, axes and sizes are those of `carShape.ts`.
 */
import { BODY, WHEEL_RADIUS_M, WHEEL_WIDTH_M, WHEELS } from "./carShape";
import type { Projection } from "./projection";

type Place = readonly [number, number, number];
/** What a face is made of; "paint" takes the car's own colour. */
type Stuff = "paint" | "trim" | "glass" | "tyre" | "rim" | "lamp" | "tail";

export interface Face {
  corners: readonly Place[]; // counter-clockwise seen from outside
  normal: Place;
  stuff: Stuff;
  wheel: number; // which wheel it turns with, -1 for none
  part: number; // faces with the same number enclose one solid thing
}

export interface CarLook {
  paint: string;
  trim: string;
  ghost: boolean;
}

const HALF_WIDTH_M = 0.056;
const STUFF: Record<Exclude<Stuff, "paint" | "trim">, string> = {
  glass: "#2f3b4a",
  tyre: "#191b1f",
  rim: "#7a808a",
  lamp: "#fff6d8",
  tail: "#e0392f",
};
const SUN: Place = normalised([-3, -4, 6]);
const SHADES = 16;
const SMALL_PX = 44; // a car shorter than this in the picture is painted as a few faces

let parts = 0;
export const FULL: readonly Face[] = [
  ...bodyFaces(BODY),
  ...trimFaces(),
  ...WHEELS.flatMap((_, wheel) => wheelFaces(wheel)),
];
export const SMALL: readonly Face[] = [...bodyFaces(outlineOf([0, 2, 5, 6, 8, 10])), ...sills()];

export class CarPainter {
  private readonly shades = new Map<string, string[]>();
  private readonly order: { face: Face; depth: number }[] = [];

  /** Paints a car that stands at x, y, its far faces first. */
  paint(
    pen: CanvasRenderingContext2D,
    view: Projection,
    [x, y, yawRad, steerRad]: readonly [number, number, number, number],
    look: CarLook,
  ): void {
    const depth = view.depthM(x, y, 0.05);
    const faces = (0.3 * view.height) / Math.max(depth, 0.05) < SMALL_PX ? SMALL : FULL;
    const [c, s] = [Math.cos(yawRad), Math.sin(yawRad)];
    this.order.length = 0;
    for (const face of faces) {
      const [mx, my, mz] = this.middle(face, steerRad);
      this.order.push({ face, depth: view.depthM(x + c * mx - s * my, y + s * mx + c * my, mz) });
    }
    this.order.sort((a, b) => b.depth - a.depth);
    pen.globalAlpha = look.ghost ? 0.5 : 1;
    for (const { face } of this.order) {
      view.begin();
      for (const corner of face.corners) {
        const [px, py, pz] = steered(corner, face.wheel, steerRad);
        view.corner(x + c * px - s * py, y + s * px + c * py, pz);
      }
      pen.beginPath();
      if (!view.faceInto(pen)) continue;
      pen.fillStyle = this.colour(face, look, c, s);
      pen.fill();
    }
    pen.globalAlpha = 1;
  }

  private middle(face: Face, steerRad: number): Place {
    let [x, y, z] = [0, 0, 0];
    for (const corner of face.corners) {
      const [px, py, pz] = steered(corner, face.wheel, steerRad);
      x += px;
      y += py;
      z += pz;
    }
    const n = face.corners.length;
    return [x / n, y / n, z / n];
  }

  /** The face's colour in the light: sky from above, and the sun from one side. */
  private colour(face: Face, look: CarLook, c: number, s: number): string {
    const [nx, ny, nz] = face.normal;
    const sun = Math.max((c * nx - s * ny) * SUN[0] + (s * nx + c * ny) * SUN[1] + nz * SUN[2], 0);
    const light = Math.min(0.5 + 0.18 * nz + 0.42 * sun, 1.1);
    const { stuff } = face;
    const base = stuff === "paint" ? look.paint : stuff === "trim" ? look.trim : STUFF[stuff];
    const shades = this.shades.get(base) ?? shadesOf(base);
    this.shades.set(base, shades);
    return shades[Math.min(Math.round((light / 1.1) * (SHADES - 1)), SHADES - 1)] ?? base;
  }
}

/** A colour from dark to a little brighter than itself. */
function shadesOf(colour: string): string[] {
  const rgb = [1, 3, 5].map((k) => Number.parseInt(colour.slice(k, k + 2), 16));
  return Array.from({ length: SHADES }, (_, k) => {
    const light = (1.1 * k) / (SHADES - 1);
    return `rgb(${rgb.map((value) => Math.min(Math.round(value * light), 255)).join(", ")})`;
  });
}

/** A wheel that steers turns about its own middle. */
function steered([x, y, z]: Place, wheel: number, steerRad: number): Place {
  const [wx, wy, steers] = WHEELS[wheel] ?? [0, 0, false];
  if (!steers) return [x, y, z];
  const [c, s] = [Math.cos(steerRad), Math.sin(steerRad)];
  return [wx + c * (x - wx) - s * (y - wy), wy + s * (x - wx) + c * (y - wy), z];
}

function outlineOf(corners: readonly number[]): [number, number][] {
  return corners.map((k) => BODY[k] as [number, number]);
}

/** The painted body: its side outline on both sides, and a strip over each edge of it. */
function bodyFaces(outline: readonly (readonly [number, number])[]): Face[] {
  const w = HALF_WIDTH_M;
  const left = outline.map(([x, z]): Place => [x, w, z]);
  const right = outline.map(([x, z]): Place => [x, -w, z]);
  const strips = outline.slice(1).map((_, k) => {
    const [a, b, c, d] = [right[k], left[k], left[k + 1], right[k + 1]] as [Place, Place, Place, Place];
    return face([a, b, c, d], "paint");
  });
  return solid([...strips, face([...left].reverse(), "paint"), face(right, "paint")]);
}

/** Windows, rear wing, camera, bumpers and lamps. */
function trimFaces(): Face[] {
  const glass = [
    [0.046, 0.0775],
    [0.01, 0.1015],
    [-0.052, 0.1045],
    [-0.086, 0.0895],
  ] as const;
  const side = (y: number) => glass.map(([x, z]): Place => [x, y, z - 0.002]);
  const windscreen: Place[] = [
    [0.045, -0.043, 0.0785],
    [0.045, 0.043, 0.0785],
    [0.01, 0.043, 0.1025],
    [0.01, -0.043, 0.1025],
  ];
  return [
    ...solid([face(side(HALF_WIDTH_M + 0.001).reverse(), "glass")]),
    ...solid([face(side(-HALF_WIDTH_M - 0.001), "glass")]),
    ...solid([face(windscreen, "glass")]),
    ...block([-0.147, 0, 0.118], [0.03, 0.15, 0.005], "paint"),
    ...block([0.126, 0, 0.13], [0.022, 0.044, 0.026], "trim"),
    ...block([0.122, 0, 0.09], [0.01, 0.01, 0.07], "trim"),
    ...block([0.151, 0, 0.028], [0.02, 0.176, 0.014], "trim"),
    ...block([-0.152, 0, 0.034], [0.02, 0.17, 0.02], "trim"),
    ...block([0.1535, 0.035, 0.048], [0.008, 0.022, 0.009], "lamp"),
    ...block([0.1535, -0.035, 0.048], [0.008, 0.022, 0.009], "lamp"),
    ...block([-0.157, 0.034, 0.07], [0.006, 0.026, 0.009], "tail"),
    ...block([-0.157, -0.034, 0.07], [0.006, 0.026, 0.009], "tail"),
  ];
}

/** What is seen of wheels and chassis from afar. */
function sills(): Face[] {
  return [
    ...block([0.0823, 0, WHEEL_RADIUS_M], [2 * WHEEL_RADIUS_M, 0.186, 2 * WHEEL_RADIUS_M], "tyre"),
    ...block([-0.0817, 0, WHEEL_RADIUS_M], [2 * WHEEL_RADIUS_M, 0.186, 2 * WHEEL_RADIUS_M], "tyre"),
  ];
}

/** A tyre with eight sides, and its rim on the outer one. */
function wheelFaces(wheel: number): Face[] {
  const [x, y] = WHEELS[wheel] as (typeof WHEELS)[number];
  const out = Math.sign(y);
  const ring = (radius: number, side: number) =>
    Array.from({ length: 8 }, (_, k): Place => {
      const angle = ((k + 0.5) * Math.PI) / 4;
      return [x + radius * Math.cos(angle), side, WHEEL_RADIUS_M + radius * Math.sin(angle)];
    });
  const [outer, inner] = [
    ring(WHEEL_RADIUS_M, y + (out * WHEEL_WIDTH_M) / 2),
    ring(WHEEL_RADIUS_M, y - (out * WHEEL_WIDTH_M) / 2),
  ];
  const turned = (places: Place[]) => (out > 0 ? [...places].reverse() : places);
  const tread = outer.map((_, k) => {
    const next = (k + 1) % 8;
    return face(turned([outer[k], outer[next], inner[next], inner[k]] as Place[]).reverse(), "tyre", wheel);
  });
  const rim = ring(0.021, y + out * (WHEEL_WIDTH_M / 2 + 0.001));
  const tyre = [...tread, face(turned(outer), "tyre", wheel), face(turned(inner).reverse(), "tyre", wheel)];
  return [...solid(tyre), ...solid([face(turned(rim), "rim", wheel)])];
}

/** A box by its middle and its edges. */
function block([x, y, z]: Place, [length, width, height]: Place, stuff: Stuff): Face[] {
  const at = (k: number): Place => [
    x + (k & 1 ? length : -length) / 2,
    y + (k & 2 ? width : -width) / 2,
    z + (k & 4 ? height : -height) / 2,
  ];
  const sides = [
    [1, 3, 7, 5],
    [0, 4, 6, 2],
    [2, 6, 7, 3],
    [0, 1, 5, 4],
    [4, 5, 7, 6],
  ];
  return solid(sides.map((corners) => face(corners.map(at), stuff)));
}

/** Faces that enclose one solid thing, or a flat thing that lies on another. */
function solid(faces: Omit<Face, "part">[]): Face[] {
  parts++;
  return faces.map((one) => ({ ...one, part: parts }));
}

function face(corners: readonly Place[], stuff: Stuff, wheel = -1): Omit<Face, "part"> {
  const [a, b, c] = corners as [Place, Place, Place];
  const [ux, uy, uz] = [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
  const [vx, vy, vz] = [c[0] - a[0], c[1] - a[1], c[2] - a[2]];
  return {
    corners,
    normal: normalised([uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx]),
    stuff,
    wheel,
  };
}

function normalised([x, y, z]: Place): Place {
  const length = Math.hypot(x, y, z) || 1;
  return [x / length, y / length, z / length];
}
