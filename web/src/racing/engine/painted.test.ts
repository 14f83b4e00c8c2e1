import * as THREE from "three";
import { expect, it } from "vitest";
import { trackGeometry } from "./geometry";
import { FULL, SMALL } from "./paintedCar";
import { layersOf } from "./paintedTrack";
import { Projection } from "./projection";
import { straightTrack } from "./sampleTracks";
import { FlatShape, roadShape } from "./trackMesh";
import { Trail } from "./trail";

const [WIDTH, HEIGHT] = [640, 360];

/** Keeps the polygons that are painted. */
class RecordingPen {
  readonly polygons: [number, number][][] = [];
  moveTo(x: number, y: number) {
    this.polygons.push([[x, y]]);
  }
  lineTo(x: number, y: number) {
    this.polygons.at(-1)?.push([x, y]);
  }
  closePath() {}
}

function looking(
  from: [number, number, number],
  at: [number, number, number],
): [THREE.PerspectiveCamera, Projection] {
  const camera = new THREE.PerspectiveCamera(58, WIDTH / HEIGHT, 0.03, 400);
  camera.up.set(0, 0, 1);
  camera.position.set(...from);
  camera.lookAt(...at);
  camera.updateMatrixWorld();
  const view = new Projection();
  view.set(camera, WIDTH, HEIGHT);
  return [camera, view];
}

function painted(
  view: Projection,
  corners: [number, number, number][],
  oneSided = false,
): [number, number][] {
  const pen = new RecordingPen();
  view.begin();
  for (const corner of corners) view.corner(...corner);
  const canvas = pen as unknown as CanvasRenderingContext2D;
  if (oneSided) view.faceInto(canvas);
  else view.fillInto(canvas);
  return pen.polygons[0] ?? [];
}

function signedArea(polygon: [number, number][]): number {
  return polygon.reduce((sum, [x, y], k) => {
    const [nextX, nextY] = polygon[(k + 1) % polygon.length] as [number, number];
    return sum + (x * nextY - nextX * y) / 2;
  }, 0);
}

it("puts a corner on the pixel where three.js projects it", () => {
  const [camera, view] = looking([-1, 0.5, 0.6], [2, 0, 0]);
  const corners: [number, number, number][] = [
    [2, -0.5, 0],
    [2.5, 0.5, 0.1],
    [1.5, 0.4, 0],
  ];
  const found = painted(view, corners);
  expect(found).toHaveLength(3);
  for (const corner of corners) {
    const { x, y } = new THREE.Vector3(...corner).project(camera);
    const near = found.filter(([px, py]) => {
      return Math.hypot(px - ((1 + x) / 2) * WIDTH, py - ((1 - y) / 2) * HEIGHT) < 1e-6;
    });
    expect(near).toHaveLength(1);
  }
});

it("cuts off what lies behind the camera and keeps what lies ahead", () => {
  const [, view] = looking([0, 0, 0.5], [2, 0, 0.5]); // level: the horizon is half way up
  const band = painted(view, [
    [-5, -1, 0],
    [5, -1, 0],
    [5, 1, 0],
    [-5, 1, 0],
  ]);
  // What is cut reaches below the picture and far beyond its sides; its far edge lies where 5 metres ahead are.
  const lowest = Math.max(...band.map(([, y]) => y));
  const highest = Math.min(...band.map(([, y]) => y));
  const focal = HEIGHT / 2 / Math.tan((58 * Math.PI) / 360);
  expect(lowest).toBeGreaterThan(HEIGHT);
  expect(highest).toBeCloseTo(HEIGHT / 2 + (focal * 0.5) / 5, 6);
  expect(band.every(([x, y]) => Number.isFinite(x) && Number.isFinite(y))).toBe(true);
});

it("paints nothing of what lies wholly behind or beside the picture", () => {
  const [, view] = looking([0, 0, 0.5], [2, 0, 0.5]);
  const square = (x: number, y: number): [number, number, number][] => [
    [x, y, 0],
    [x + 0.1, y, 0],
    [x + 0.1, y + 0.1, 0],
  ];
  expect(painted(view, square(-2, 0))).toEqual([]);
  expect(painted(view, square(1, 40))).toEqual([]);
  expect(painted(view, square(2, 0))).toHaveLength(3);
});

it("turns every polygon the same way, so that two that overlap leave no hole, and hides faces seen from behind", () => {
  const [, view] = looking([0, 0, 2], [2, 0, 0]);
  const corners: [number, number, number][] = [
    [2, -0.5, 0],
    [3, -0.5, 0],
    [3, 0.5, 0],
    [2, 0.5, 0],
  ];
  const back = [...corners].reverse();
  const area = signedArea(painted(view, corners));
  expect(Math.abs(area)).toBeGreaterThan(100);
  expect(signedArea(painted(view, back))).toBeCloseTo(area);
  expect(painted(view, corners, true)).toHaveLength(4); // counter-clockwise from above
  expect(painted(view, back, true)).toEqual([]);
});

it("finds the horizon where what is very far away lies", () => {
  const [, view] = looking([0, 0, 1], [3, 1, 0.7]);
  const [dx, dy] = [3 / Math.hypot(3, 1), 1 / Math.hypot(3, 1)];
  expect(view.horizonY(dx, dy)).toBeCloseTo(view.yAt(1e7 * dx, 1e7 * dy, 0), 3);
});

it("makes a road of as many polygons as it has rows, and splits a band that fades across", () => {
  const [road] = layersOf(roadShape(trackGeometry(straightTrack())));
  expect(road?.quads).toHaveLength(10 * 8);
  const shape = new FlatShape();
  const line = trackGeometry(straightTrack()).centre;
  shape.stripe(line, 0, 0.6, "#808080", 0.3, 0);
  const layers = layersOf(shape);
  expect(layers.map(({ colour }) => colour)).toEqual(
    [0.275, 0.225, 0.175, 0.125, 0.075, 0.025].map((alpha) => `rgba(128, 128, 128, ${alpha.toFixed(3)})`),
  );
  const ys = layers[0]?.quads.filter((_, k) => k % 2 === 1).map((y) => y - (line.y[0] ?? 0)) ?? [];
  expect(Math.max(...ys) - Math.min(...ys)).toBeCloseTo(0.1);
});

it("builds the car of faces that look outwards", () => {
  for (const faces of [FULL, SMALL]) {
    for (const { part, normal, corners } of faces) {
      const own = faces.filter((other) => other.part === part).flatMap((other) => other.corners);
      const middle = (places: readonly (readonly number[])[], axis: number) =>
        places.reduce((sum, place) => sum + (place[axis] ?? 0), 0) / places.length;
      const outwards = [0, 1, 2].reduce(
        (sum, axis) => sum + (normal[axis] ?? 0) * (middle(corners, axis) - middle(own, axis)),
        0,
      );
      // A window lies flat on the body: it is all of its part.
      if (own.length > corners.length) expect(outwards).toBeGreaterThan(0);
    }
  }
});

it("keeps the last places of the trail, one every few centimetres, and begins anew after a leap", () => {
  const trail = new Trail();
  for (let k = 0; k < 100; k++) trail.add(k * 0.01, 0);
  const steps = trail.xs.slice(1, -1).map((x, k) => x - (trail.xs[k + 2] ?? 0));
  expect(trail.xs[0]).toBeCloseTo(0.99);
  expect(Math.min(...steps)).toBeGreaterThan(0.019);
  expect(trail.xs.length).toBeGreaterThan(20);
  const [leftX, leftY, rightX, rightY] = trail.edges(5);
  expect([leftX - rightX, leftY - rightY].map((value) => Math.abs(value))).toEqual([
    expect.closeTo(0),
    expect.closeTo(0.07),
  ]);
  trail.add(5, 5);
  expect(trail.xs).toEqual([5]);
});
