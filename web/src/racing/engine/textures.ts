/**
 * Small textures painted on a canvas in the page: speckled ground with a one-metre grid, road surface, haze, sky, shadow.
 * The speckles come from a fixed seed, so that two pictures of the same scene are equal.
 */
import * as THREE from "three";
import type { Palette } from "./palette";

/** Edge of one texture tile on the ground. */
export const TILE_M = 2;
const TILE_PX = 512;

function painted(
  width: number,
  height: number,
  paint: (pen: CanvasRenderingContext2D) => void,
): THREE.CanvasTexture {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const pen = canvas.getContext("2d");
  if (pen) paint(pen);
  const texture = new THREE.CanvasTexture(canvas);
  texture.colorSpace = THREE.SRGBColorSpace;
  return texture;
}

function tiled(texture: THREE.CanvasTexture, anisotropy: number): THREE.CanvasTexture {
  texture.wrapS = texture.wrapT = THREE.RepeatWrapping;
  texture.anisotropy = anisotropy;
  return texture;
}

/** A small linear congruential generator; good enough for speckles. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function speckle(
  pen: CanvasRenderingContext2D,
  colour: string,
  count: number,
  largest: number,
  seed: number,
): void {
  const random = randomNumbers(seed);
  pen.fillStyle = colour;
  for (let i = 0; i < count; i++) {
    pen.globalAlpha = 0.15 + 0.5 * random();
    const size = 0.6 + largest * random() ** 3;
    pen.fillRect(random() * TILE_PX, random() * TILE_PX, size, size);
  }
  pen.globalAlpha = 1;
}

export function groundTexture(palette: Palette, anisotropy: number): THREE.CanvasTexture {
  const texture = painted(TILE_PX, TILE_PX, (pen) => {
    pen.fillStyle = palette.ground;
    pen.fillRect(0, 0, TILE_PX, TILE_PX);
    speckle(pen, palette.groundSpeckle, 2600, 3, 7);
    pen.strokeStyle = palette.groundGrid;
    pen.lineWidth = 2;
    for (const line of [0, TILE_PX / 2]) pen.strokeRect(line, line, TILE_PX, TILE_PX);
    pen.strokeRect(-TILE_PX / 2, -TILE_PX / 2, TILE_PX, TILE_PX);
  });
  return tiled(texture, anisotropy);
}

export function roadTexture(palette: Palette, anisotropy: number): THREE.CanvasTexture {
  const texture = painted(TILE_PX, TILE_PX, (pen) => {
    pen.fillStyle = palette.road;
    pen.fillRect(0, 0, TILE_PX, TILE_PX);
    speckle(pen, palette.roadSpeckle, 5200, 2, 11);
    speckle(pen, "#000000", 1400, 1.4, 13);
  });
  return tiled(texture, anisotropy);
}

function radial(stops: readonly [number, string][]): THREE.CanvasTexture {
  return painted(128, 128, (pen) => {
    const gradient = pen.createRadialGradient(64, 64, 0, 64, 64, 64);
    for (const [position, colour] of stops) gradient.addColorStop(position, colour);
    pen.fillStyle = gradient;
    pen.fillRect(0, 0, 128, 128);
  });
}

export function shadowTexture(): THREE.CanvasTexture {
  return radial([
    [0, "rgba(255,255,255,0.75)"],
    [0.45, "rgba(255,255,255,0.55)"],
    [0.75, "rgba(255,255,255,0.16)"],
    [1, "rgba(255,255,255,0)"],
  ]);
}

export function skyTexture(palette: Palette): THREE.CanvasTexture {
  return painted(4, 256, (pen) => {
    const gradient = pen.createLinearGradient(0, 0, 0, 256);
    gradient.addColorStop(0, palette.skyTop);
    // The haze at the ground's edge has this colour too, so sky and ground meet without a seam.
    gradient.addColorStop(0.32, palette.skyBottom);
    gradient.addColorStop(1, palette.skyBottom);
    pen.fillStyle = gradient;
    pen.fillRect(0, 0, 4, 256);
  });
}
