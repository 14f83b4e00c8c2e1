/**
 * What makes a scene's pictures: the graphics card (`glDrawing.ts`), or the processor where there is none
 * (`paintedDrawing.ts`). Both show the same things from the same camera.
 */
import type * as THREE from "three";
import type { FleetFrame } from "./fleet";
import type { TrackGeometry } from "./geometry";
import type { Palette } from "./palette";
import type { SpeedPath } from "./path";
import type { Trail } from "./trail";

/** What there is to see. */
export interface Sight {
  camera: THREE.PerspectiveCamera;
  frame: FleetFrame;
  focus: number;
  /** Whether the focus car wears a ring. */
  ring: boolean;
  trail: Trail | null;
}

export interface Drawing {
  /** The shortest time between two pictures. */
  readonly pictureMs: number;
  /** More than this many pixels for a pixel of the page are not worth their time. */
  readonly mostPixelRatio: number;
  /** Whether fewer pixels make a picture much quicker, so that a slow machine is helped by them. */
  readonly gainsByFewerPixels: boolean;
  /** Builds everything that has a colour. */
  dress(palette: Palette): void;
  /** A driven path on the road, coloured by speed; null takes it away. */
  setPath(path: SpeedPath | null): void;
  resize(width: number, height: number, pixelRatio: number): void;
  draw(sight: Sight): DrawingCost;
  dispose(): void;
}

export interface DrawingCost {
  drawCalls: number;
  triangles: number;
}

/** Throws where the canvas can't be drawn on in this way. */
export type DrawingMaker = new (
  canvas: HTMLCanvasElement,
  track: TrackGeometry,
  onLost: () => void,
) => Drawing;

/** False where the processor draws instead of a graphics card. */
export function hasGraphicsCard(): boolean {
  const probe = document.createElement("canvas").getContext("webgl2", { failIfMajorPerformanceCaveat: true });
  if (!probe) return false;
  const info = probe.getExtension("WEBGL_debug_renderer_info");
  const name = String(probe.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : probe.RENDERER));
  probe.getExtension("WEBGL_lose_context")?.loseContext();
  return !/swiftshader|llvmpipe|software|basic render/i.test(name);
}
