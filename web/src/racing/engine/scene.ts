/**
 * The 3-D view of a track and its cars: the camera, the moment of each picture, and what the mouse picks. It draws only
 * when something changes, and not at all while it cannot be seen; the picture itself is made by a `Drawing`.
 */
import * as THREE from "three";
import { type CameraMode, CameraRig } from "./cameras";
import type { Drawing, DrawingCost, DrawingMaker } from "./drawing";
import { emptyFrame, FIELDS, type FleetFrame, type PoseSource, X, Y } from "./fleet";
import { at, type TrackGeometry, type TrackShape, trackGeometry } from "./geometry";
import { PixelRatioGovernor } from "./governor";
import { readPalette, watchTheme } from "./palette";
import type { SpeedPath } from "./path";
import { Trail } from "./trail";

export interface SceneOptions {
  reducedMotion?: boolean;
  trail?: boolean;
  /** A car was picked by a click or a tap. */
  onFocus?: (car: number) => void;
  /** The graphics card gave up and the page should show something else. */
  onLost?: () => void;
}

export interface SceneStats extends DrawingCost {
  pixelRatio: number;
  /** Time of the last picture on this thread; drawing itself goes on beside it. */
  cpuMs: number;
  pictures: number;
}

const PICK_PX = 32;
const CLICK_PX = 6;
const REFRESH_MS = 1000 / 60;

export class TrackScene {
  readonly stats: SceneStats = { drawCalls: 0, triangles: 0, pixelRatio: 1, cpuMs: 0, pictures: 0 };
  private readonly drawing: Drawing;
  private readonly rig: CameraRig;
  private readonly geometry: TrackGeometry;
  private readonly governor: PixelRatioGovernor;
  private readonly endings: (() => void)[] = [];
  private readonly trail: Trail | null;
  private source: PoseSource | null = null;
  private unsubscribe: () => void = () => {};
  private frame: FleetFrame = emptyFrame();
  private focus = 0;
  private request = 0;
  private timer = 0;
  private lastMs = Number.NaN;
  private wasMoving = false;
  private onScreen = true;

  /** Throws where the canvas can't be drawn on in this way. */
  constructor(
    private readonly canvas: HTMLCanvasElement,
    track: TrackShape,
    Maker: DrawingMaker,
    private readonly options: SceneOptions = {},
  ) {
    this.geometry = trackGeometry(track);
    this.drawing = new Maker(canvas, this.geometry, () => this.request >= 0 && this.options.onLost?.());
    this.governor = new PixelRatioGovernor(Math.min(window.devicePixelRatio, this.drawing.mostPixelRatio));
    this.trail = options.trail === false ? null : new Trail();
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
    this.drawing.setPath(path);
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
    if (this.request === 0 && this.timer === 0 && this.onScreen && !document.hidden) {
      this.request = requestAnimationFrame((nowMs) => this.tick(nowMs));
    }
  }

  dispose(): void {
    cancelAnimationFrame(this.request);
    clearTimeout(this.timer);
    this.request = -1;
    this.unsubscribe();
    for (const end of this.endings) end();
    this.rig.dispose();
    this.drawing.dispose();
  }

  private tick(nowMs: number): void {
    this.request = 0;
    const sinceMs = nowMs - this.lastMs;
    const restMs = this.drawing.pictureMs - sinceMs;
    if (restMs > 2) {
      this.sleep(restMs);
      return;
    }
    this.lastMs = nowMs;
    if (this.wasMoving && this.drawing.gainsByFewerPixels && this.governor.add(sinceMs))
      this.applyPixelRatio();
    const moving = this.draw(nowMs, Number.isFinite(sinceMs) ? Math.min(sinceMs / 1000, 0.5) : 0);
    this.wasMoving = moving;
    if (moving) this.invalidate();
  }

  /** Until it is time: a request for each screen refresh in between would lay out the page for nothing. */
  private sleep(restMs: number): void {
    this.timer = window.setTimeout(
      () => {
        this.timer = 0;
        this.invalidate();
      },
      Math.max(restMs - REFRESH_MS, 0),
    );
  }

  private draw(nowMs: number, dtS: number): boolean {
    const startMs = performance.now();
    if (this.source) this.frame = this.source.sample(nowMs);
    const { frame, focus, trail } = this;
    if (focus < frame.firstGhost)
      trail?.add(at(frame.cars, focus * FIELDS + X), at(frame.cars, focus * FIELDS + Y));
    const gliding = this.rig.update(dtS, frame, focus);
    const ring = this.rig.mode === "overview";
    const cost = this.drawing.draw({ camera: this.rig.camera, frame, focus, ring, trail });
    const pictures = this.stats.pictures + 1;
    Object.assign(this.stats, cost, { cpuMs: performance.now() - startMs, pictures });
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
    this.drawing.resize(this.canvas.clientWidth, this.canvas.clientHeight, this.governor.ratio);
    this.invalidate();
  }

  private dress(): void {
    this.drawing.dress(readPalette(this.canvas));
    this.invalidate();
  }
}
