/**
 * From places in the world to pixels, for drawing without a graphics card: the camera's matrix, what lies behind it cut
 * off, and polygons added to a canvas path always turning the same way, so that overlapping ones make no holes.
 */
import * as THREE from "three";

const NEAR_M = 0.03;

export class Projection {
  width = 1;
  height = 1;
  private readonly m = new Float64Array(16);
  private readonly matrix = new THREE.Matrix4();
  // Corners of the polygon at hand in clip coordinates: x, y, w. A cut adds a corner at most.
  private readonly clip = new Float64Array(3 * 66);
  private readonly pixels = new Float64Array(2 * 66);
  private corners = 0;

  set(camera: THREE.PerspectiveCamera, width: number, height: number): void {
    this.width = width;
    this.height = height;
    this.matrix.multiplyMatrices(camera.projectionMatrix, camera.matrixWorldInverse);
    this.m.set(this.matrix.elements);
  }

  /** Equal numbers mean equal pictures of what stands still. */
  signature(): string {
    return `${this.width} ${this.height} ${Array.from(this.m, (value) => value.toFixed(6)).join(" ")}`;
  }

  /** How far ahead of the camera a place is, in metres. */
  depthM(x: number, y: number, z: number): number {
    const m = this.m;
    return (m[3] as number) * x + (m[7] as number) * y + (m[11] as number) * z + (m[15] as number);
  }

  /** The height in the picture, in pixels from above, of a place; NaN where it is not ahead. */
  yAt(x: number, y: number, z: number): number {
    const m = this.m;
    const w = this.depthM(x, y, z);
    if (w <= NEAR_M) return Number.NaN;
    const up = (m[1] as number) * x + (m[5] as number) * y + (m[9] as number) * z + (m[13] as number);
    return ((1 - up / w) / 2) * this.height;
  }

  /** Where the plane meets the sky in the direction (dx, dy), in pixels from above. */
  horizonY(dx: number, dy: number): number {
    const m = this.m;
    const w = (m[3] as number) * dx + (m[7] as number) * dy;
    const up = (m[1] as number) * dx + (m[5] as number) * dy;
    return w > 1e-6 ? ((1 - up / w) / 2) * this.height : Number.NEGATIVE_INFINITY;
  }

  begin(): void {
    this.corners = 0;
  }

  corner(x: number, y: number, z: number): void {
    const m = this.m;
    const o = 3 * this.corners++;
    this.clip[o] = (m[0] as number) * x + (m[4] as number) * y + (m[8] as number) * z + (m[12] as number);
    this.clip[o + 1] = (m[1] as number) * x + (m[5] as number) * y + (m[9] as number) * z + (m[13] as number);
    this.clip[o + 2] =
      (m[3] as number) * x + (m[7] as number) * y + (m[11] as number) * z + (m[15] as number);
  }

  /** Adds the polygon to the path if any of it can be seen. */
  fillInto(pen: CanvasRenderingContext2D): boolean {
    return this.addTo(pen, false);
  }

  /** The same, but only where its corners turn counter-clockwise in the picture: faces of solid things seen from outside. */
  faceInto(pen: CanvasRenderingContext2D): boolean {
    return this.addTo(pen, true);
  }

  /** An open line of the corners. */
  lineInto(pen: CanvasRenderingContext2D): void {
    const count = this.cut(false);
    for (let k = 0; k < count; k++) {
      const [x, y] = [this.pixels[2 * k] as number, this.pixels[2 * k + 1] as number];
      if (k === 0) pen.moveTo(x, y);
      else pen.lineTo(x, y);
    }
  }

  private addTo(pen: CanvasRenderingContext2D, oneSided: boolean): boolean {
    const count = this.cut(true);
    if (count < 3) return false;
    const p = this.pixels;
    let area = 0; // twice the signed area; negative is counter-clockwise, for y points down
    let [minX, maxX, minY, maxY] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let k = 0, before = count - 1; k < count; before = k++) {
      const [x, y] = [p[2 * k] as number, p[2 * k + 1] as number];
      area += (p[2 * before] as number) * y - x * (p[2 * before + 1] as number);
      minX = Math.min(minX, x);
      maxX = Math.max(maxX, x);
      minY = Math.min(minY, y);
      maxY = Math.max(maxY, y);
    }
    if (maxX < 0 || minX > this.width || maxY < 0 || minY > this.height) return false;
    if (oneSided && area >= 0) return false;
    for (let k = 0; k < count; k++) {
      const corner = area > 0 ? count - 1 - k : k;
      const [x, y] = [p[2 * corner] as number, p[2 * corner + 1] as number];
      if (k === 0) pen.moveTo(x, y);
      else pen.lineTo(x, y);
    }
    pen.closePath();
    return true;
  }

  /** Cuts off what is behind the camera (Sutherland and Hodgman, one plane) and goes over to pixels; the corners left. */
  private cut(closed: boolean): number {
    const c = this.clip;
    let count = 0;
    for (let k = 0; k < this.corners; k++) {
      const here = 3 * k;
      const there = 3 * (k + 1 < this.corners ? k + 1 : closed ? 0 : k);
      const [w, next] = [c[here + 2] as number, c[there + 2] as number];
      if (w >= NEAR_M) count = this.pixel(count, c[here] as number, c[here + 1] as number, w);
      if (w >= NEAR_M === next >= NEAR_M) continue;
      const t = (NEAR_M - w) / (next - w);
      const x = (c[here] as number) + t * ((c[there] as number) - (c[here] as number));
      const y = (c[here + 1] as number) + t * ((c[there + 1] as number) - (c[here + 1] as number));
      count = this.pixel(count, x, y, NEAR_M);
    }
    return count;
  }

  private pixel(count: number, x: number, y: number, w: number): number {
    this.pixels[2 * count] = ((1 + x / w) / 2) * this.width;
    this.pixels[2 * count + 1] = ((1 - y / w) / 2) * this.height;
    return count + 1;
  }
}
