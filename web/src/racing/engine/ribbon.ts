/** Flat bands on the road: the fading trail behind the focus car and a driven path coloured by speed. */
import * as THREE from "three";
import { polyline } from "./geometry";
import { speedColour } from "./palette";
import { type SpeedPath, speedRange, unbrokenRuns } from "./path";
import { asLayer, FlatShape, LAYER } from "./trackMesh";

const TRAIL_POINTS = 120;
const TRAIL_STEP_M = 0.03;
const TRAIL_WIDTH_M = 0.07;
const TRAIL_BREAK_M = 0.8;
const PATH_WIDTH_M = 0.035;

function flatMaterial(): THREE.MeshBasicMaterial {
  return new THREE.MeshBasicMaterial({ vertexColors: true, side: THREE.DoubleSide });
}

/** The last few metres of one car, fading out backwards. */
export class Trail {
  readonly mesh: THREE.Mesh;
  private readonly xs: number[] = [];
  private readonly ys: number[] = [];
  private readonly position = new THREE.BufferAttribute(new Float32Array(TRAIL_POINTS * 2 * 3), 3);

  constructor(colour: string) {
    const { r, g, b } = new THREE.Color(colour);
    const colours = new Float32Array(TRAIL_POINTS * 2 * 4);
    const indices: number[] = [];
    for (let k = 0; k < TRAIL_POINTS; k++) {
      const alpha = 0.6 * (1 - k / (TRAIL_POINTS - 1)) ** 1.5;
      colours.set([r, g, b, alpha, r, g, b, alpha], 8 * k);
      if (k > 0) indices.push(2 * k - 2, 2 * k - 1, 2 * k, 2 * k, 2 * k - 1, 2 * k + 1);
    }
    const geometry = new THREE.BufferGeometry();
    geometry.setAttribute("position", this.position.setUsage(THREE.DynamicDrawUsage));
    geometry.setAttribute("color", new THREE.BufferAttribute(colours, 4));
    geometry.setIndex(indices);
    this.mesh = new THREE.Mesh(geometry, flatMaterial());
    asLayer(this.mesh, LAYER.trail);
    this.clear();
  }

  clear(): void {
    this.xs.length = this.ys.length = 0;
    this.mesh.visible = false;
  }

  /** Adds the car's place; a leap starts a new trail. */
  add(x: number, y: number): void {
    const moved = Math.hypot(x - (this.xs[0] ?? x), y - (this.ys[0] ?? y));
    if (moved > TRAIL_BREAK_M) this.clear();
    if (this.xs.length === 0 || moved >= TRAIL_STEP_M) {
      this.xs.unshift(x);
      this.ys.unshift(y);
      if (this.xs.length > TRAIL_POINTS - 1) {
        this.xs.pop();
        this.ys.pop();
      }
    }
    this.rebuild(x, y);
  }

  dispose(): void {
    this.mesh.geometry.dispose();
    (this.mesh.material as THREE.Material).dispose();
    this.mesh.removeFromParent();
  }

  private rebuild(x: number, y: number): void {
    const n = this.xs.length;
    this.mesh.visible = n > 1;
    const px = (k: number) => (k === 0 ? x : (this.xs[k - 1] ?? x));
    const py = (k: number) => (k === 0 ? y : (this.ys[k - 1] ?? y));
    for (let k = 0; k <= n && k < TRAIL_POINTS; k++) {
      const [ax, ay] = [px(Math.max(k - 1, 0)), py(Math.max(k - 1, 0))];
      const [bx, by] = [px(Math.min(k + 1, n)), py(Math.min(k + 1, n))];
      const length = Math.hypot(bx - ax, by - ay) || 1;
      const half = TRAIL_WIDTH_M / 2;
      const [nx, ny] = [(-(by - ay) / length) * half, ((bx - ax) / length) * half];
      this.position.setXYZ(2 * k, px(k) + nx, py(k) + ny, 0);
      this.position.setXYZ(2 * k + 1, px(k) - nx, py(k) - ny, 0);
    }
    this.mesh.geometry.setDrawRange(0, Math.max(n, 0) * 6);
    this.position.needsUpdate = true;
  }
}

/** A whole driven path; each piece has the colour of the speed there. Leaps (resets) are left out. */
export function pathMesh(path: SpeedPath): THREE.Mesh {
  const shape = new FlatShape();
  const [slow, fast] = speedRange(path.speedMps);
  for (const [from, to] of unbrokenRuns(path.points)) {
    const line = polyline(path.points.slice(from, to), false);
    const first = shape.positions.length / 3;
    shape.stripe(line, -PATH_WIDTH_M / 2, PATH_WIDTH_M / 2, "#ffffff");
    for (let k = 0; k < line.n; k++) {
      const colour = new THREE.Color(speedColour(path.speedMps[from + k] ?? 0, slow, fast));
      for (const corner of [2 * k, 2 * k + 1]) {
        const o = (first + corner) * 4;
        shape.colours.splice(o, 4, colour.r, colour.g, colour.b, 0.9);
      }
    }
  }
  const mesh = new THREE.Mesh(shape.geometry(), flatMaterial());
  asLayer(mesh, LAYER.path);
  return mesh;
}
