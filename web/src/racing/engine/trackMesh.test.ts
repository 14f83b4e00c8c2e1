import { expect, it } from "vitest";
import { trackGeometry } from "./geometry";
import { paletteFor } from "./palette";
import { ringTrack, straightTrack } from "./sampleTracks";
import { paintShape, roadShape } from "./trackMesh";

const palette = paletteFor(false, "#c9400f");

function areaOf(shape: { positions: number[]; indices: number[] }): number {
  let sum = 0;
  const corner = (k: number) => [shape.positions[3 * k] ?? 0, shape.positions[3 * k + 1] ?? 0] as const;
  for (let i = 0; i < shape.indices.length; i += 3) {
    const [a, b, c] = [0, 1, 2].map((k) => corner(shape.indices[i + k] ?? 0)) as [
      readonly [number, number],
      readonly [number, number],
      readonly [number, number],
    ];
    sum += Math.abs((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])) / 2;
  }
  return sum;
}

it("covers a ring with two triangles a row, as large as the ring", () => {
  const shape = roadShape(trackGeometry(ringTrack(360)));
  expect(shape.triangles).toBe(720);
  expect(areaOf(shape)).toBeCloseTo(Math.PI * (3.4 ** 2 - 2.6 ** 2), 1);
});

it("leaves an open track open", () => {
  const shape = roadShape(trackGeometry(straightTrack()));
  expect(shape.triangles).toBe(20);
  expect(areaOf(shape)).toBeCloseTo(10);
});

it("paints two borders, half the centre line and a start line on a straight, and no kerbs", () => {
  const area = areaOf(paintShape(trackGeometry(straightTrack()), palette));
  const startLine = 2 * 0.94 * (0.94 / 14);
  expect(area).toBeCloseTo(2 * 10 * 0.03 + 5 * 0.03 + startLine, 2);
});

it("keeps the paint on the road and the kerbs beside it", () => {
  const { positions } = paintShape(trackGeometry(ringTrack(360)), palette);
  for (let k = 0; k < positions.length; k += 3) {
    const radius = Math.hypot(positions[k] ?? 0, positions[k + 1] ?? 0);
    expect(radius).toBeGreaterThan(2.5);
    expect(radius).toBeLessThan(3.41);
  }
});
