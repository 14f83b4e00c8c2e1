/**
 * The 3-D view of a track and its cars: owns the WebGL renderer, draws only when something changes, at most 60 pictures
 * a second, and not at all while it cannot be seen.
 */
import * as THREE from "three";
import { type CameraMode, CameraRig } from "./cameras";
import { CarFleet } from "./carMesh";
import { emptyFrame, FIELDS, type FleetFrame, type PoseSource, X, Y } from "./fleet";
import { at, type TrackGeometry, type TrackShape, trackGeometry } from "./geometry";
import { PixelRatioGovernor } from "./governor";
import { readPalette, watchTheme } from "./palette";
import type { SpeedPath } from "./path";
import { pathMesh, Trail } from "./ribbon";
import { skyTexture } from "./textures";
import { TrackMesh } from "./trackMesh";

export interface SceneOptions {
  reducedMotion?: boolean;
  trail?: boolean;
  /** A car was picked by a click or a tap. */
  onFocus?: (car: number) => void;
  /** The graphics card gave up and the page should show something else. */
  onLost?: () => void;
}

export interface SceneStats {
  drawCalls: number;
  triangles: number;
  pixelRatio: number;
  /** Time of the last picture on this thread; drawing itself goes on beside it. */
  cpuMs: number;
  pictures: number;
}

const PICTURE_MS = 1000 / 60;
const SOFTWARE_PICTURE_MS = 1000 / 15; // without a graphics card the processor draws, and it has a car to train
const PICK_PX = 32;
const CLICK_PX = 6;

export class TrackScene {
  readonly stats: SceneStats = { drawCalls: 0, triangles: 0, pixelRatio: 1, cpuMs: 0, pictures: 0 };
  private readonly renderer: THREE.WebGLRenderer;
  private readonly scene = new THREE.Scene();
  private readonly rig: CameraRig;
  private readonly geometry: TrackGeometry;
  private readonly governor: PixelRatioGovernor;
  private readonly software = !hasGraphicsCard();
  private readonly endings: (() => void)[] = [];
  private track: TrackMesh | null = null;
  private fleet: CarFleet | null = null;
  private trail: Trail | null = null;
  private path: SpeedPath | null = null;
  private pathMesh: THREE.Mesh | null = null;
  private source: PoseSource | null = null;
  private unsubscribe: () => void = () => {};
  private frame: FleetFrame = emptyFrame();
  private focus = 0;
  private request = 0;
  private lastMs = Number.NaN;
  private wasMoving = false;
  private onScreen = true;

  /** Throws where the browser offers no WebGL. */
  constructor(
    private readonly canvas: HTMLCanvasElement,
    track: TrackShape,
    private readonly options: SceneOptions = {},
  ) {
    const ratio = window.devicePixelRatio;
    this.governor = new PixelRatioGovernor(ratio, this.software ? Math.min(ratio, 1) : ratio);
    this.renderer = new THREE.WebGLRenderer({
      canvas,
      antialias: !this.software,
      powerPreference: "high-performance",
    });
    this.geometry = trackGeometry(track);
    this.rig = new CameraRig(canvas, this.geometry, options.reducedMotion ?? false);
    this.rig.controls.addEventListener("change", () => this.invalidate());
    this.dress();
    this.listen();
    this.resize();
  }

  setSource(source: PoseSource | null): void {
    this.unsubscribe();
    this.source = source;
    this.unsubscribe = source?.subscribe(() => this.invalidate()) ?? (() => {});
    if (!source) this.frame = emptyFrame();
    this.trail?.clear();
    this.invalidate();
  }

  /** A driven path on the road, coloured by speed; null takes it away. */
  setPath(path: SpeedPath | null): void {
    this.path = path;
    this.dropPath();
    if (path && path.points.length > 1) {
      this.pathMesh = pathMesh(path);
      this.scene.add(this.pathMesh);
    }
    this.invalidate();
  }

  setFocus(car: number): void {
    if (car === this.focus) return;
    this.focus = car;
    this.trail?.clear();
    this.invalidate();
  }

  setMode(mode: CameraMode): void {
    this.rig.setMode(mode);
    this.invalidate();
  }

  resetView(): void {
    this.rig.reset();
    this.invalidate();
  }

  nudge(azimuthRad: number, polarRad: number, zoom: number): void {
    this.rig.nudge(azimuthRad, polarRad, zoom);
    this.invalidate();
  }

  /** Asks for one picture; many asks before it make one picture. */
  invalidate(): void {
    if (this.request === 0 && this.onScreen && !document.hidden) {
      this.request = requestAnimationFrame((nowMs) => this.tick(nowMs));
    }
  }

  dispose(): void {
    cancelAnimationFrame(this.request);
    this.request = -1;
    this.unsubscribe();
    for (const end of this.endings) end();
    this.rig.dispose();
    this.undress();
    this.renderer.dispose();
    this.renderer.forceContextLoss();
  }

  private tick(nowMs: number): void {
    this.request = 0;
    const sinceMs = nowMs - this.lastMs;
    if (sinceMs < (this.software ? SOFTWARE_PICTURE_MS : PICTURE_MS) - 2) {
      this.invalidate();
      return;
    }
    this.lastMs = nowMs;
    if (this.wasMoving && this.governor.add(sinceMs)) this.applyPixelRatio();
    const moving = this.draw(nowMs, Number.isFinite(sinceMs) ? Math.min(sinceMs / 1000, 0.5) : 0);
    this.wasMoving = moving;
    if (moving) this.invalidate();
  }

  private draw(nowMs: number, dtS: number): boolean {
    const startMs = performance.now();
    if (this.source) this.frame = this.source.sample(nowMs);
    if (this.frame.count > (this.fleet?.capacity ?? 0)) this.makeFleet();
    this.fleet?.update(this.frame, this.focus, this.rig.mode === "overview");
    if (this.trail && this.focus < this.frame.firstGhost) {
      const o = this.focus * FIELDS;
      this.trail.add(at(this.frame.cars, o + X), at(this.frame.cars, o + Y));
    }
    const gliding = this.rig.update(dtS, this.frame, this.focus);
    this.renderer.render(this.scene, this.rig.camera);
    const { calls, triangles } = this.renderer.info.render;
    const pictures = this.stats.pictures + 1;
    Object.assign(this.stats, { drawCalls: calls, triangles, cpuMs: performance.now() - startMs, pictures });
    return gliding || this.frame.moving;
  }

  private listen(): void {
    const { canvas } = this;
    const resizes = new ResizeObserver(() => this.resize());
    resizes.observe(canvas);
    const sights = new IntersectionObserver((entries) => {
      this.onScreen = entries.some((entry) => entry.isIntersecting);
      this.wake();
    });
    sights.observe(canvas);
    this.endings.push(
      () => resizes.disconnect(),
      () => sights.disconnect(),
      watchTheme(() => this.dress()),
    );
    this.on(document, "visibilitychange", () => this.wake());
    this.on(canvas, "webglcontextlost", (event) => {
      event.preventDefault();
      if (this.request >= 0) this.options.onLost?.();
    });
    let downAt: [number, number] = [0, 0];
    this.on(canvas, "pointerdown", (event) => {
      downAt = [(event as PointerEvent).clientX, (event as PointerEvent).clientY];
    });
    this.on(canvas, "pointerup", (event) => {
      const { clientX, clientY } = event as PointerEvent;
      if (Math.hypot(clientX - downAt[0], clientY - downAt[1]) < CLICK_PX) this.pick(clientX, clientY);
    });
  }

  private on(target: EventTarget, type: string, listener: (event: Event) => void): void {
    target.addEventListener(type, listener);
    this.endings.push(() => target.removeEventListener(type, listener));
  }

  private wake(): void {
    this.lastMs = Number.NaN;
    this.wasMoving = false;
    this.invalidate();
  }

  /** Picks the car nearest to a place in the picture; cars are small, so the reach is that of a fingertip. */
  private pick(clientX: number, clientY: number): void {
    const area = this.canvas.getBoundingClientRect();
    const point = new THREE.Vector3();
    let [best, bestPx] = [-1, PICK_PX];
    for (let car = 0; car < this.frame.firstGhost; car++) {
      const o = car * FIELDS;
      point.set(at(this.frame.cars, o + X), at(this.frame.cars, o + Y), 0.05).project(this.rig.camera);
      if (point.z > 1) continue;
      const px = area.left + ((point.x + 1) / 2) * area.width;
      const py = area.top + ((1 - point.y) / 2) * area.height;
      const away = Math.hypot(px - clientX, py - clientY);
      if (away < bestPx) [best, bestPx] = [car, away];
    }
    if (best >= 0) this.options.onFocus?.(best);
  }

  private resize(): void {
    const { clientWidth, clientHeight } = this.canvas;
    if (clientWidth === 0 || clientHeight === 0) return;
    this.rig.resize(clientWidth / clientHeight);
    this.applyPixelRatio();
  }

  private applyPixelRatio(): void {
    this.stats.pixelRatio = this.governor.ratio;
    this.renderer.setPixelRatio(this.governor.ratio);
    this.renderer.setSize(this.canvas.clientWidth, this.canvas.clientHeight, false);
    this.invalidate();
  }

  /** Builds everything that has a colour, in the colours of the page's theme. */
  private dress(): void {
    this.undress();
    const palette = readPalette(this.canvas);
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
    const anisotropy = this.software ? 1 : Math.min(this.renderer.capabilities.getMaxAnisotropy(), 8);
    this.track = new TrackMesh(this.geometry, palette, anisotropy);
    this.scene.add(this.track.group);
    this.makeFleet();
    if (this.options.trail !== false) {
      this.trail = new Trail(palette.accent);
      this.scene.add(this.trail.mesh);
    }
    this.setPath(this.path);
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

  private makeFleet(): void {
    this.fleet?.dispose();
    const capacity = 2 ** Math.ceil(Math.log2(Math.max(this.frame.count, 16)));
    this.fleet = new CarFleet(readPalette(this.canvas), capacity);
    this.scene.add(this.fleet.group);
  }

  private dropPath(): void {
    if (!this.pathMesh) return;
    this.pathMesh.geometry.dispose();
    (this.pathMesh.material as THREE.Material).dispose();
    this.pathMesh.removeFromParent();
    this.pathMesh = null;
  }
}

/** False where the processor draws instead of a graphics card. */
function hasGraphicsCard(): boolean {
  const probe = document.createElement("canvas").getContext("webgl2", { failIfMajorPerformanceCaveat: true });
  if (!probe) return false;
  const info = probe.getExtension("WEBGL_debug_renderer_info");
  const name = String(probe.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : probe.RENDERER));
  probe.getExtension("WEBGL_lose_context")?.loseContext();
  return !/swiftshader|llvmpipe|software|basic render/i.test(name);
}
