/** A scene's pictures by the graphics card: WebGL through three.js. */
import * as THREE from "three";
import { CarFleet } from "./carMesh";
import type { Drawing, DrawingCost, Sight } from "./drawing";
import type { TrackGeometry } from "./geometry";
import type { Palette } from "./palette";
import type { SpeedPath } from "./path";
import { pathMesh, TrailMesh } from "./ribbon";
import { skyTexture } from "./textures";
import { TrackMesh } from "./trackMesh";

export class GlDrawing implements Drawing {
  readonly pictureMs = 1000 / 60;
  readonly mostPixelRatio = 2;
  readonly gainsByFewerPixels = true;
  private readonly renderer: THREE.WebGLRenderer;
  private readonly scene = new THREE.Scene();
  private readonly onContextLost: (event: Event) => void;
  private palette: Palette | null = null;
  private track: TrackMesh | null = null;
  private fleet: CarFleet | null = null;
  private trail: TrailMesh | null = null;
  private path: SpeedPath | null = null;
  private pathMesh: THREE.Mesh | null = null;

  /** Throws where the browser offers no WebGL. */
  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly geometry: TrackGeometry,
    onLost: () => void,
  ) {
    this.renderer = new THREE.WebGLRenderer({ canvas, antialias: true, powerPreference: "high-performance" });
    this.onContextLost = (event) => {
      event.preventDefault();
      onLost();
    };
    canvas.addEventListener("webglcontextlost", this.onContextLost);
  }

  dress(palette: Palette): void {
    this.undress();
    this.palette = palette;
    this.scene.background = skyTexture(palette);
    const sky = new THREE.HemisphereLight(
      palette.dark ? 0xaec4e0 : 0xffffff,
      palette.ground,
      palette.dark ? 1.7 : 2.1,
    );
    sky.position.set(0, 0, 1);
    const sun = new THREE.DirectionalLight(0xfff2dc, palette.dark ? 1.5 : 2.0);
    sun.position.set(-3, -4, 6);
    this.scene.add(sky, sun);
    const anisotropy = Math.min(this.renderer.capabilities.getMaxAnisotropy(), 8);
    this.track = new TrackMesh(this.geometry, palette, anisotropy);
    this.trail = new TrailMesh(palette.accent);
    this.scene.add(this.track.group, this.trail.mesh);
    this.setPath(this.path);
  }

  setPath(path: SpeedPath | null): void {
    this.path = path;
    this.dropPath();
    if (path && path.points.length > 1) {
      this.pathMesh = pathMesh(path);
      this.scene.add(this.pathMesh);
    }
  }

  resize(width: number, height: number, pixelRatio: number): void {
    this.renderer.setPixelRatio(pixelRatio);
    this.renderer.setSize(width, height, false);
  }

  draw({ camera, frame, focus, ring, trail }: Sight): DrawingCost {
    if (frame.count > (this.fleet?.capacity ?? 0)) this.makeFleet(frame.count);
    this.fleet?.update(frame, focus, ring);
    this.trail?.show(trail);
    this.renderer.render(this.scene, camera);
    const { calls, triangles } = this.renderer.info.render;
    return { drawCalls: calls, triangles };
  }

  dispose(): void {
    this.canvas.removeEventListener("webglcontextlost", this.onContextLost);
    this.undress();
    this.renderer.dispose();
    this.renderer.forceContextLoss();
  }

  private makeFleet(count: number): void {
    if (!this.palette) return;
    this.fleet?.dispose();
    const capacity = 2 ** Math.ceil(Math.log2(Math.max(count, 16)));
    this.fleet = new CarFleet(this.palette, capacity);
    this.scene.add(this.fleet.group);
  }

  private undress(): void {
    this.track?.dispose();
    this.fleet?.dispose();
    this.trail?.dispose();
    this.track = this.fleet = this.trail = null;
    this.dropPath();
    (this.scene.background as THREE.Texture | null)?.dispose();
    this.scene.clear();
  }

  private dropPath(): void {
    if (!this.pathMesh) return;
    this.pathMesh.geometry.dispose();
    (this.pathMesh.material as THREE.Material).dispose();
    this.pathMesh.removeFromParent();
    this.pathMesh = null;
  }
}
