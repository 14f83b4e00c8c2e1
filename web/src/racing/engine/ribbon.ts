/** Flat bands on the road: the fading trail behind the focus car and a driven path coloured by speed. */
import * as THREE from "three";
import { polyline } from "./geometry";
import { speedColour } from "./palette";
import { type SpeedPath, speedRange, unbrokenRuns } from "./path";
import { asLayer, FlatShape, LAYER } from "./trackMesh";
import { TRAIL_POINTS, type Trail, trailAlpha } from "./trail";

const PATH_WIDTH_M = 0.035;
const PATH_ALPHA = 0.9;

function flatMaterial(): THREE.MeshBasicMaterial {
  return new THREE.MeshBasicMaterial({ vertexColors: true, side: THREE.DoubleSide });
}

/** The trail as a mesh. */
export class TrailMesh {
  readonly mesh: THREE.Mesh;
  private readonly position = new THREE.BufferAttribute(new Float32Array(TRAIL_POINTS * 2 * 3), 3);

  constructor(colour: string) {
    const { r, g, b } = new THREE.Color(colour);
    const colours = new Float32Array(TRAIL_POINTS * 2 * 4);
    const indices: number[] = [];
    for (let k = 0; k < TRAIL_POINTS; k++) {
      colours.set([r, g, b, trailAlpha(k), r, g, b, trailAlpha(k)], 8 * k);
      if (k > 0) indices.push(2 * k - 2, 2 * k - 1, 2 * k, 2 * k, 2 * k - 1, 2 * k + 1);
    }
    const geometry = new THREE.BufferGeometry();
    geometry.setAttribute("position", this.position.setUsage(THREE.DynamicDrawUsage));
    geometry.setAttribute("color", new THREE.BufferAttribute(colours, 4));
    geometry.setIndex(indices);
    this.mesh = new THREE.Mesh(geometry, flatMaterial());
    asLayer(this.mesh, LAYER.trail);
    this.show(null);
  }

  show(trail: Trail | null): void {
    const n = trail?.xs.length ?? 0;
    this.mesh.visible = n > 1;
    if (!trail) return;
    for (let k = 0; k < n; k++) {
      const [leftX, leftY, rightX, rightY] = trail.edges(k);
      this.position.setXYZ(2 * k, leftX, leftY, 0);
      this.position.setXYZ(2 * k + 1, rightX, rightY, 0);
    }
    this.mesh.geometry.setDrawRange(0, Math.max(n - 1, 0) * 6);
    this.position.needsUpdate = true;
  }

  dispose(): void {
    this.mesh.geometry.dispose();
    (this.mesh.material as THREE.Material).dispose();
    this.mesh.removeFromParent();
  }
}

/** A whole driven path; each piece has the colour of the speed there. Leaps (resets) are left out. */
export function pathShape(path: SpeedPath): FlatShape {
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
        shape.colours.splice(o, 4, colour.r, colour.g, colour.b, PATH_ALPHA);
      }
    }
  }
  return shape;
}

export function pathMesh(path: SpeedPath): THREE.Mesh {
  const mesh = new THREE.Mesh(pathShape(path).geometry(), flatMaterial());
  asLayer(mesh, LAYER.path);
  return mesh;
}
