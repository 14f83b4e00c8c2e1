/**
 * The track as a few flat meshes: ground, soft apron, road, and all paint (borders, centre dashes, kerbs, start line) in one.
 * Everything is flat and unlit, so it is drawn in layers by order, without depth; that is cheap and never flickers.
 */
import * as THREE from "three";
import {
  at,
  crossSection,
  curvature,
  dashes,
  offsetLine,
  type Polyline,
  polyline,
  slice,
  stationAt,
  type TrackGeometry,
} from "./geometry";
import type { Palette } from "./palette";
import { groundTexture, roadTexture, TILE_M } from "./textures";

export const LAYER = {
  ground: 0,
  haze: 1,
  apron: 2,
  road: 3,
  paint: 4,
  path: 5,
  trail: 6,
  shadow: 7,
  ring: 8,
} as const;

const LINE_M = 0.03;
const DASH_PERIOD_M = 0.3;
const KERB_M = 0.07;
const KERB_BLOCK_M = 0.14;
const KERB_BEND_PER_M = 0.5; // bends tighter than a radius of 2 m get a kerb
const CHEQUER_ROWS = 2;

/** Triangles in the ground plane with a colour a corner. */
export class FlatShape {
  readonly positions: number[] = [];
  readonly colours: number[] = [];
  readonly indices: number[] = [];
  private readonly colour = new THREE.Color();

  corner(x: number, y: number, colour: string, alpha = 1): number {
    this.colour.set(colour);
    this.positions.push(x, y, 0);
    this.colours.push(this.colour.r, this.colour.g, this.colour.b, alpha);
    return this.positions.length / 3 - 1;
  }

  /** A band between two lines of equal length. */
  band(a: Polyline, b: Polyline, colour: string, alphaA = 1, alphaB = 1): void {
    const first = this.positions.length / 3;
    for (let i = 0; i < a.n; i++) {
      this.corner(at(a.x, i), at(a.y, i), colour, alphaA);
      this.corner(at(b.x, i), at(b.y, i), colour, alphaB);
    }
    const segments = a.closed ? a.n : a.n - 1;
    for (let i = 0; i < segments; i++) {
      const k = first + 2 * i;
      const next = first + 2 * ((i + 1) % a.n);
      this.indices.push(k, k + 1, next, next, k + 1, next + 1);
    }
  }

  /** A stripe along a line between two offsets to its left. */
  stripe(line: Polyline, fromM: number, toM: number, colour: string, alphaFrom = 1, alphaTo = 1): void {
    this.band(offsetLine(line, fromM), offsetLine(line, toM), colour, alphaFrom, alphaTo);
  }

  geometry(): THREE.BufferGeometry {
    const geometry = new THREE.BufferGeometry();
    geometry.setAttribute("position", new THREE.Float32BufferAttribute(this.positions, 3));
    geometry.setAttribute("color", new THREE.Float32BufferAttribute(this.colours, 4));
    geometry.setIndex(this.indices);
    return geometry;
  }

  get triangles(): number {
    return this.indices.length / 3;
  }
}

/** Road surface between the borders, row by row. */
export function roadShape(track: TrackGeometry): FlatShape {
  const shape = new FlatShape();
  shape.band(track.inner, track.outer, "#ffffff");
  return shape;
}

type Painter = (shape: FlatShape, track: TrackGeometry, palette: Palette) => void;

/** What is painted on the road, in the order of painting. */
export const PAINT: readonly Painter[] = [kerbs, lines, startLine];

/** Kerbs, white borders, centre dashes and the chequered start line, or some of them. */
export function paintShape(track: TrackGeometry, palette: Palette, paint = PAINT): FlatShape {
  const shape = new FlatShape();
  for (const part of paint) part(shape, track, palette);
  return shape;
}

function lines(shape: FlatShape, track: TrackGeometry, palette: Palette): void {
  // They lie on the road: from the border inwards.
  shape.stripe(track.inner, 0, -track.innerSide * LINE_M, palette.borderLine);
  shape.stripe(track.outer, 0, track.innerSide * LINE_M, palette.borderLine);
  for (const [from, to] of dashes(track.centre, DASH_PERIOD_M, 0.5)) {
    shape.stripe(slice(track.centre, from, to), -LINE_M / 2, LINE_M / 2, palette.centreLine);
  }
}

function kerbs(shape: FlatShape, track: TrackGeometry, palette: Palette): void {
  for (const [border, side] of [
    [track.inner, track.innerSide],
    [track.outer, -track.innerSide],
  ] as const) {
    const bend = curvature(border);
    const blocks = dashes(border, KERB_BLOCK_M, 1);
    blocks.forEach(([from, to], k) => {
      const near = nearestRow(border, (from + to) / 2);
      // A kerb stands on the inside of a bend only.
      if (at(bend, near) * side < KERB_BEND_PER_M) return;
      shape.stripe(slice(border, from, to), 0, side * KERB_M, k % 2 ? palette.kerbWhite : palette.kerbRed);
    });
  }
}

function nearestRow(line: Polyline, s: number): number {
  let best = 0;
  for (let i = 1; i < line.n; i++) {
    if (Math.abs(at(line.arcM, i) - s) < Math.abs(at(line.arcM, best) - s)) best = i;
  }
  return best;
}

function startLine(shape: FlatShape, track: TrackGeometry, palette: Palette): void {
  const { x, y, headingRad } = stationAt(track.centre, 0);
  const [tx, ty] = [Math.cos(headingRad), Math.sin(headingRad)];
  const { left, right } = crossSection(track, 0);
  const from = LINE_M - right;
  const to = left - LINE_M;
  const columns = Math.max(6, 2 * Math.round((to - from) / 0.14));
  const cell = (to - from) / columns;
  const point = (along: number, left: number): [number, number] => [
    x + tx * along - ty * left,
    y + ty * along + tx * left,
  ];
  for (let row = 0; row < CHEQUER_ROWS; row++) {
    for (let column = 0; column < columns; column++) {
      const colour = (row + column) % 2 ? palette.borderLine : "#15181d";
      const corners = [
        point(row * cell, from + column * cell),
        point((row + 1) * cell, from + column * cell),
        point(row * cell, from + (column + 1) * cell),
        point((row + 1) * cell, from + (column + 1) * cell),
      ].map(([px, py]) => shape.corner(px, py, colour)) as [number, number, number, number];
      shape.indices.push(corners[0], corners[1], corners[2], corners[2], corners[1], corners[3]);
    }
  }
}

/** A soft dark edge beside the road, which seats it in the ground. */
export function apronShape(track: TrackGeometry, palette: Palette): FlatShape {
  const shape = new FlatShape();
  const strength = palette.dark ? 0.6 : 0.3;
  for (const [line, side] of [
    [track.inner, track.innerSide],
    [track.outer, -track.innerSide],
  ] as const) {
    shape.stripe(line, 0, side * 0.16, palette.apron, strength, 0);
  }
  return shape;
}

/** Where the ground's middle lies and how wide it is: well beyond the track, so that its edge is only seen far off. */
export function groundPlace(track: TrackGeometry): { x: number; y: number; sizeM: number } {
  const { minX, minY, maxX, maxY } = track.bounds;
  return { x: (minX + maxX) / 2, y: (minY + maxY) / 2, sizeM: 3 * Math.max(maxX - minX, maxY - minY) + 4 };
}

/** Rings around the track that turn the ground into sky. */
function hazeShape(track: TrackGeometry, palette: Palette): FlatShape {
  const { x, y, sizeM } = groundPlace(track);
  const ring = (share: number) =>
    polyline(
      Array.from({ length: 48 }, (_, k) => {
        const angle = (2 * Math.PI * k) / 48;
        return [x + (sizeM / 2) * share * Math.cos(angle), y + (sizeM / 2) * share * Math.sin(angle)];
      }),
      true,
    );
  const shape = new FlatShape();
  shape.band(ring(0.6), ring(0.8), palette.skyBottom, 0, 0.6);
  shape.band(ring(0.8), ring(1.002), palette.skyBottom, 0.6, 1);
  return shape;
}

export class TrackMesh {
  readonly group = new THREE.Group();
  private readonly owned: { dispose(): void }[] = [];

  constructor(track: TrackGeometry, palette: Palette, anisotropy: number) {
    this.add(this.groundMesh(track, palette, anisotropy), LAYER.ground);
    this.add(this.flat(hazeShape(track, palette), { vertexColors: true }), LAYER.haze);
    this.add(this.flat(apronShape(track, palette), { vertexColors: true }), LAYER.apron);
    const road = roadShape(track).geometry();
    road.deleteAttribute("color");
    road.setAttribute("uv", tileUv(road));
    const surface = this.own(roadTexture(palette, anisotropy));
    const material = this.own(new THREE.MeshBasicMaterial({ map: surface, side: THREE.DoubleSide }));
    this.add(new THREE.Mesh(this.own(road), material), LAYER.road);
    this.add(this.flat(paintShape(track, palette), { vertexColors: true }), LAYER.paint);
  }

  dispose(): void {
    for (const thing of this.owned) thing.dispose();
    this.group.removeFromParent();
  }

  /** The ground is the largest thing in the picture: opaque, with the haze around it as a shape of its own. */
  private groundMesh(track: TrackGeometry, palette: Palette, anisotropy: number): THREE.Mesh {
    const { x, y, sizeM } = groundPlace(track);
    const geometry = this.own(new THREE.CircleGeometry(sizeM / 2, 48));
    geometry.translate(x, y, 0);
    geometry.setAttribute("uv", tileUv(geometry));
    const map = this.own(groundTexture(palette, anisotropy));
    return new THREE.Mesh(geometry, this.own(new THREE.MeshBasicMaterial({ map })));
  }

  private flat(shape: FlatShape, look: THREE.MeshBasicMaterialParameters): THREE.Mesh {
    return new THREE.Mesh(
      this.own(shape.geometry()),
      this.own(new THREE.MeshBasicMaterial({ side: THREE.DoubleSide, ...look })),
    );
  }

  private add(mesh: THREE.Mesh, layer: number): void {
    asLayer(mesh, layer);
    this.group.add(mesh);
  }

  private own<T extends { dispose(): void }>(thing: T): T {
    this.owned.push(thing);
    return thing;
  }
}

/** Flat things are painted in the order of their layer, before everything that stands up. */
export function asLayer(mesh: THREE.Mesh, layer: number): void {
  const opaque = layer === LAYER.ground || layer === LAYER.road || layer === LAYER.paint;
  mesh.renderOrder = layer - 100;
  mesh.frustumCulled = false;
  mesh.matrixAutoUpdate = false;
  for (const material of [mesh.material].flat()) {
    material.depthTest = false;
    material.depthWrite = false;
    // three.js draws what it calls transparent last, over the cars. Blending by hand keeps a layer in its place.
    material.transparent = false;
    material.blending = opaque ? THREE.NoBlending : THREE.CustomBlending;
    material.blendSrcAlpha = THREE.OneFactor; // the canvas itself stays opaque
  }
}

function tileUv(geometry: THREE.BufferGeometry): THREE.BufferAttribute {
  const position = geometry.getAttribute("position");
  const uv = new Float32Array(position.count * 2);
  for (let i = 0; i < position.count; i++) {
    uv[2 * i] = position.getX(i) / TILE_M;
    uv[2 * i + 1] = position.getY(i) / TILE_M;
  }
  return new THREE.BufferAttribute(uv, 2);
}
