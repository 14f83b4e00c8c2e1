/** What lies flat, painted by the processor: sky, ground, road and the paint on it, layer over layer. */
import { type Polyline, polyline, type TrackGeometry } from "./geometry";
import type { Palette } from "./palette";
import type { SpeedPath } from "./path";
import type { Projection } from "./projection";
import { pathShape } from "./ribbon";
import { apronShape, type FlatShape, groundPlace, PAINT, paintShape, roadShape } from "./trackMesh";

/** Polygons of one colour, four corners each: x, y. */
interface Layer {
  colour: string;
  quads: number[];
}

const GRID_M = 1;
const GRID_REACH_M = 15;
const GRID_LINE_PX = 1;
const FADE_STRIPS = 6; // a band that fades across is painted as so many even ones

export class PaintedTrack {
  private readonly layers: Layer[];
  private path: Layer[] = [];

  constructor(
    private readonly track: TrackGeometry,
    private readonly palette: Palette,
  ) {
    const road = layersOf(roadShape(track)).map((layer) => ({ ...layer, colour: palette.road }));
    const paint = PAINT.map((part) => layersOf(paintShape(track, palette, [part])));
    this.layers = [...layersOf(apronShape(track, palette)), ...road, ...paint.flat()];
  }

  setPath(path: SpeedPath | null): void {
    this.path = path && path.points.length > 1 ? layersOf(pathShape(path)) : [];
  }

  /** `ahead` is the camera's direction over ground, `from` its place. */
  paint(
    pen: CanvasRenderingContext2D,
    view: Projection,
    from: [number, number],
    ahead: [number, number],
  ): void {
    this.skyAndGround(pen, view, from, ahead);
    for (const layer of [...this.layers, ...this.path]) fillQuads(pen, view, layer);
  }

  private skyAndGround(
    pen: CanvasRenderingContext2D,
    view: Projection,
    [x, y]: [number, number],
    [dx, dy]: [number, number],
  ): void {
    const { palette } = this;
    const horizon = view.horizonY(dx, dy);
    pen.fillStyle = palette.ground;
    pen.fillRect(0, 0, view.width, view.height);
    this.grid(pen, view, x, y);
    // From here on the ground fades, and at the end of it there is only sky.
    const reach = groundPlace(this.track).sizeM / 2;
    const [near, far] = [
      view.yAt(x + dx * 0.6 * reach, y + dy * 0.6 * reach, 0),
      view.yAt(x + dx * reach, y + dy * reach, 0),
    ];
    if (Number.isFinite(far) && near > 0) {
      const haze = pen.createLinearGradient(0, far, 0, near);
      haze.addColorStop(0, palette.skyBottom);
      haze.addColorStop(1, `${palette.skyBottom}00`);
      pen.fillStyle = haze;
      pen.fillRect(0, 0, view.width, Math.min(near, view.height));
    }
    if (horizon > 0 && far > 0) {
      const sky = pen.createLinearGradient(0, Math.min(0, horizon - view.height / 2), 0, far);
      sky.addColorStop(0, palette.skyTop);
      sky.addColorStop(1, palette.skyBottom);
      pen.fillStyle = sky;
      pen.fillRect(0, 0, view.width, far);
    }
  }

  /** A line each metre: without them the ground would not seem to move. */
  private grid(pen: CanvasRenderingContext2D, view: Projection, x: number, y: number): void {
    const { minX, minY, maxX, maxY } = this.track.bounds;
    const [fromX, toX] = [Math.max(minX - 4, x - GRID_REACH_M), Math.min(maxX + 4, x + GRID_REACH_M)];
    const [fromY, toY] = [Math.max(minY - 4, y - GRID_REACH_M), Math.min(maxY + 4, y + GRID_REACH_M)];
    pen.strokeStyle = this.palette.groundGrid;
    pen.lineWidth = GRID_LINE_PX;
    pen.beginPath();
    for (let line = Math.ceil(fromX / GRID_M); line * GRID_M <= toX; line++) {
      segment(pen, view, line * GRID_M, fromY, line * GRID_M, toY);
    }
    for (let line = Math.ceil(fromY / GRID_M); line * GRID_M <= toY; line++) {
      segment(pen, view, fromX, line * GRID_M, toX, line * GRID_M);
    }
    pen.stroke();
  }
}

function segment(
  pen: CanvasRenderingContext2D,
  view: Projection,
  fromX: number,
  fromY: number,
  toX: number,
  toY: number,
): void {
  view.begin();
  view.corner(fromX, fromY, 0);
  view.corner(toX, toY, 0);
  view.lineInto(pen);
}

function fillQuads(pen: CanvasRenderingContext2D, view: Projection, { colour, quads }: Layer): void {
  pen.fillStyle = colour;
  pen.beginPath();
  for (let o = 0; o < quads.length; o += 8) {
    view.begin();
    for (let k = o; k < o + 8; k += 2) view.corner(quads[k] as number, quads[k + 1] as number, 0);
    view.fillInto(pen);
  }
  pen.fill();
}

/** A shape's pairs of triangles as polygons with four corners, by colour in the order of their first use. */
export function layersOf(shape: FlatShape): Layer[] {
  const layers = new Map<string, Layer>();
  const { indices, positions, colours } = shape;
  const place = (corner: number) => [positions[3 * corner] ?? 0, positions[3 * corner + 1] ?? 0] as const;
  for (let i = 0; i + 5 < indices.length; i += 6) {
    // A pair is written a b c, c b d: a to c is one side of the band, b to d the other.
    const [a, b, c, d] = [indices[i], indices[i + 1], indices[i + 2], indices[i + 5]] as Four;
    const [alphaA, alphaB] = [colours[4 * a + 3] ?? 1, colours[4 * b + 3] ?? 1];
    const strips = alphaA === alphaB ? 1 : FADE_STRIPS;
    for (let k = 0; k < strips; k++) {
      const [from, to] = [k / strips, (k + 1) / strips];
      const colour = cssColour(
        colours.slice(4 * a, 4 * a + 3),
        alphaA + ((from + to) / 2) * (alphaB - alphaA),
      );
      const layer = layers.get(colour) ?? { colour, quads: [] };
      layers.set(colour, layer);
      const [near, far] = [between(place(a), place(b)), between(place(c), place(d))];
      layer.quads.push(...near(from), ...near(to), ...far(to), ...far(from));
    }
  }
  return [...layers.values()];
}

type Four = [number, number, number, number];

function between([ax, ay]: readonly [number, number], [bx, by]: readonly [number, number]) {
  return (share: number): [number, number] => [ax + (bx - ax) * share, ay + (by - ay) * share];
}

/** A linear colour, as three.js keeps it, for the canvas. */
function cssColour(linear: readonly number[], alpha: number): string {
  const [r, g, b] = linear.map((value) => {
    const encoded = value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055;
    return Math.round(255 * encoded);
  });
  return alpha < 1 ? `rgba(${r}, ${g}, ${b}, ${alpha.toFixed(3)})` : `rgb(${r}, ${g}, ${b})`;
}

/** A circle as a line. */
export function circle(x: number, y: number, radiusM: number, corners = 32): Polyline {
  const points = Array.from({ length: corners }, (_, k) => {
    const angle = (2 * Math.PI * k) / corners;
    return [x + radiusM * Math.cos(angle), y + radiusM * Math.sin(angle)];
  });
  return polyline(points, true);
}
