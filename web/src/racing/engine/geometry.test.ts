import { describe, expect, it } from "vitest";
import {
  crossSection,
  curvature,
  dashes,
  offsetLine,
  type Point,
  polyline,
  slice,
  stationAt,
  trackGeometry,
  wrapAngle,
} from "./geometry";
import { ringTrack, straightTrack } from "./sampleTracks";

const SQUARE: Point[] = [
  [0, 0],
  [2, 0],
  [2, 2],
  [0, 2],
];

describe("polylines", () => {
  it("measures open and closed lines", () => {
    expect(polyline(SQUARE, false).lengthM).toBeCloseTo(6);
    expect(polyline(SQUARE, true).lengthM).toBeCloseTo(8);
    expect([...polyline(SQUARE, true).arcM]).toEqual([0, 2, 4, 6]);
  });

  it("finds a station beyond the end of a loop by going on around", () => {
    const line = polyline(SQUARE, true);
    expect(stationAt(line, 7)).toMatchObject({ x: 0, y: 1 });
    expect(stationAt(line, 8 + 3)).toMatchObject({ x: 2, y: 1 });
    expect(stationAt(line, -1)).toMatchObject({ x: 0, y: 1 });
  });

  it("stops at the ends of an open line", () => {
    expect(stationAt(polyline(SQUARE, false), 99)).toMatchObject({ x: 0, y: 2 });
  });

  it("cuts a slice across the closing corner", () => {
    const piece = slice(polyline(SQUARE, true), 7, 9);
    expect([...piece.x]).toEqual([0, 0, 1]);
    expect([...piece.y]).toEqual([1, 0, 0]);
    expect(piece.lengthM).toBeCloseTo(2);
  });

  it("shifts a square outwards with true corners", () => {
    const wider = offsetLine(polyline(SQUARE, true), -1);
    expect(wider.lengthM).toBeCloseTo(16);
    expect([wider.x[0], wider.y[0]].map((v) => Math.round(v ?? 0))).toEqual([-1, -1]);
  });

  it("spaces dashes so that a loop closes without a stump", () => {
    const pieces = dashes(polyline(SQUARE, true), 0.3, 0.5);
    const [from = 0, to = 0] = pieces[pieces.length - 1] ?? [];
    expect(8 - to).toBeCloseTo(to - from);
  });
});

describe("tracks", () => {
  it("drops repeated rows and the closing row of a loop", () => {
    const ring = ringTrack(60);
    const { centre } = ring.outline;
    const doubled = [...centre.slice(0, 10), centre[9] as Point, ...centre.slice(10)];
    const inner = ring.outline.inner;
    const outline = {
      centre: doubled,
      inner: [inner[0] as Point, ...inner],
      outer: [inner[0] as Point, ...ring.outline.outer],
    };
    expect(trackGeometry({ outline, is_loop: true }).centre.n).toBe(60);
    expect(trackGeometry(ring).centre.n).toBe(60);
  });

  it("knows on which side the inner border lies, whatever the direction", () => {
    const ring = ringTrack(60);
    expect(trackGeometry(ring).innerSide).toBe(1);
    const { centre, inner, outer } = ring.outline;
    const reversed = {
      centre: [...centre].reverse(),
      inner: [...inner].reverse(),
      outer: [...outer].reverse(),
    };
    expect(trackGeometry({ outline: reversed, is_loop: true }).innerSide).toBe(-1);
  });

  it("bounds the outer border", () => {
    const { bounds } = trackGeometry(ringTrack(360));
    expect(bounds.maxX).toBeCloseTo(3.4, 2);
    expect(bounds.minY).toBeCloseTo(-3.4, 2);
  });

  it("gives a circle its curvature", () => {
    const bend = curvature(trackGeometry(ringTrack(360)).centre);
    for (const value of bend) expect(value).toBeCloseTo(1 / 3, 1);
  });

  it("reaches both borders square to the centre line, on rings and on open tracks", () => {
    const ring = crossSection(trackGeometry(ringTrack(360)), 2);
    expect(ring.left).toBeCloseTo(0.4, 2);
    expect(ring.right).toBeCloseTo(0.4, 2);
    const open = crossSection(trackGeometry(straightTrack()), 0);
    expect(open.left).toBeCloseTo(0.5);
    expect(open.right).toBeCloseTo(0.5);
  });
});

it("wraps angles into half a turn either way", () => {
  expect(wrapAngle(3 * Math.PI)).toBeCloseTo(Math.PI);
  expect(wrapAngle(-Math.PI - 0.1)).toBeCloseTo(Math.PI - 0.1);
  expect(wrapAngle(0.2)).toBeCloseTo(0.2);
});
