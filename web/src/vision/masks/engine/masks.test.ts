import { describe, expect, it } from "vitest";
import { type Point, resized, stroke } from "./brush";
import { coloured, rgbOf } from "./colours";
import { flood, floodByColour } from "./fill";
import { difference, MaskHistory } from "./history";
import { blank, copied, counts, type Mask, same, UNSURE } from "./mask";
import { fillPolygon, movedPoint, pointAt } from "./polygon";

/** Numbers that look random and are the same each time. */
function dice(seed: number) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
const drawn = (mask: Mask) =>
  Array.from({ length: mask.height }, (_, y) =>
    [...mask.data.subarray(y * mask.width, (y + 1) * mask.width)].map((v) => ".123456789"[v] ?? "?").join(""),
  );
const each = (mask: Mask, say: (x: number, y: number) => boolean) =>
  mask.data.every(
    (value, k) => (value === 1) === say((k % mask.width) + 0.5, Math.floor(k / mask.width) + 0.5),
  );

describe("a brush", () => {
  it("paints what is as near to the line as its radius, and nothing else", () => {
    const roll = dice(1);
    for (let round = 0; round < 40; round += 1) {
      const mask = blank(50, 40);
      const [a, b]: Point[] = [0, 1].map(() => ({ x: 70 * roll() - 10, y: 60 * roll() - 10 }));
      if (!a || !b) continue;
      const radius = 0.5 + 9 * roll();
      stroke(mask, a, b, radius, 1);
      const far = (x: number, y: number) => {
        const length2 = (b.x - a.x) ** 2 + (b.y - a.y) ** 2;
        const t = Math.min(1, Math.max(0, ((x - a.x) * (b.x - a.x) + (y - a.y) * (b.y - a.y)) / length2));
        return Math.hypot(x - a.x - t * (b.x - a.x), y - a.y - t * (b.y - a.y));
      };
      const sure = (x: number, y: number) => Math.abs(far(x, y) - radius) > 1e-9;
      expect(
        each(mask, (x, y) =>
          sure(x, y) ? far(x, y) < radius : mask.data[Math.floor(y) * 50 + Math.floor(x)] === 1,
        ),
      ).toBe(true);
    }
  });

  it("leaves a disc at a click, and what has a class alone if asked to", () => {
    const mask = blank(5, 5);
    stroke(mask, { x: 2.5, y: 2.5 }, { x: 2.5, y: 2.5 }, 1.2, 2);
    expect(drawn(mask)).toEqual([".....", "..2..", ".222.", "..2..", "....."]);
    mask.data[0] = UNSURE;
    stroke(mask, { x: 0, y: 2.5 }, { x: 5, y: 2.5 }, 9, 1, "free");
    expect(drawn(mask)).toEqual(["11111", "11211", "12221", "11211", "11111"]);
  });

  it("grows and shrinks by keys, within bounds", () => {
    expect(resized(10, 1)).toBe(12.5);
    expect(resized(resized(1, 1), -1)).toBe(1);
    expect(resized(0.5, -1)).toBe(0.5);
    expect(resized(200, 1)).toBe(200);
  });
});

describe("a polygon", () => {
  it("is filled where a ray crosses it an odd number of times", () => {
    const roll = dice(2);
    for (let round = 0; round < 40; round += 1) {
      const mask = blank(40, 30);
      const points = Array.from({ length: 3 + Math.floor(6 * roll()) }, () => ({
        x: 50 * roll() - 5,
        y: 40 * roll() - 5,
      }));
      fillPolygon(mask, points, 1);
      const odd = (x: number, y: number) => {
        let inside = false; // Franklin's crossing test, along the row to the right
        points.forEach((a, k) => {
          const b = points[(k + points.length - 1) % points.length] as Point;
          if (a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x) inside = !inside;
        });
        return inside;
      };
      expect(each(mask, odd)).toBe(true);
    }
  });

  it("keeps a hole where its outline turns around twice, and shares no pixel with its neighbour", () => {
    const mask = blank(6, 1);
    const square = (x1: number, x2: number) => [
      { x: x1, y: 0 },
      { x: x2, y: 0 },
      { x: x2, y: 1 },
      { x: x1, y: 1 },
    ];
    fillPolygon(mask, square(0.5, 2.5), 1);
    fillPolygon(mask, square(2.5, 4.5), 2);
    expect(drawn(mask)).toEqual(["1122.."]);
    const star = blank(9, 9);
    const corners = [0, 2, 4, 1, 3].map((k) => ({
      x: 4.5 + 4.4 * Math.sin((2 * Math.PI * k) / 5),
      y: 4.5 - 4.4 * Math.cos((2 * Math.PI * k) / 5),
    }));
    fillPolygon(star, corners, 1);
    expect(star.data[4 * 9 + 4]).toBe(0);
    fillPolygon(star, square(0, 1).slice(0, 2), 3);
    expect(counts(star).has(3)).toBe(false); // two points are no area
  });

  it("is held by the nearest of its points", () => {
    const points = [
      { x: 0, y: 0 },
      { x: 10, y: 0 },
    ];
    expect(pointAt(points, { x: 6, y: 0 }, 5)).toBe(1);
    expect(pointAt(points, { x: 5, y: 9 }, 5)).toBeUndefined();
    expect(movedPoint(points, 1, { x: 3, y: 3 })).toEqual([
      { x: 0, y: 0 },
      { x: 3, y: 3 },
    ]);
  });
});

describe("filling", () => {
  it("reaches all that hangs together by its sides, around corners", () => {
    const mask = blank(7, 5);
    const wall = ["..1....", ".1.111.", ".1...1.", ".111.1.", "...1.1."];
    mask.data.set([...wall.join("")].map((c) => (c === "1" ? 1 : 0)));
    flood(mask, 2, 2, 2);
    expect(drawn(mask)).toEqual(["..1....", ".12111.", ".12221.", ".11121.", "...121."]);
    const before = copied(mask);
    flood(mask, 2, 2, 2);
    flood(mask, 0, 9, 2);
    expect(same(mask, before)).toBe(true);
  });

  it("follows about the same colour of the photo, and spares what is taken", () => {
    const mask = blank(5, 1);
    const photo = {
      width: 5,
      height: 1,
      data: new Uint8Array([10, 20, 60, 12, 11].flatMap((v) => [v, v, v, 255])),
    };
    floodByColour(mask, photo, { x: 0, y: 0 }, 1, 12);
    expect(drawn(mask)).toEqual(["11..."]);
    mask.data[3] = 2;
    floodByColour(mask, photo, { x: 4, y: 0 }, 1, 255, "free");
    expect(drawn(mask)).toEqual(["11.21"]);
    floodByColour(mask, { ...photo, width: 4 }, { x: 2, y: 0 }, 1, 255);
    expect(drawn(mask)).toEqual(["11.21"]); // a photo of another size says nothing
  });
});

describe("undo and redo", () => {
  it("go through every step and back, however many", () => {
    const roll = dice(3);
    const mask = blank(30, 20);
    const history = new MaskHistory();
    const seen = [copied(mask)];
    for (let k = 0; k < 300; k += 1) {
      const before = copied(mask);
      const at = { x: 30 * roll(), y: 20 * roll() };
      stroke(mask, at, { x: 30 * roll(), y: 20 * roll() }, 3, 1 + (k % 5));
      history.push(difference(before.data, mask.data), k === 0);
      seen.push(copied(mask));
    }
    const steps = history.undoable;
    for (let k = 0; k < steps; k += 1) {
      const had = history.back(mask);
      expect(had).toBe(k < steps - 1); // before the first one there was no mask at all
    }
    expect(same(mask, seen[0] as Mask)).toBe(true);
    expect(history.back(mask)).toBeUndefined();
    while (history.again(mask));
    expect(same(mask, seen.at(-1) as Mask)).toBe(true);
    history.back(mask);
    stroke(mask, { x: 1, y: 1 }, { x: 1, y: 1 }, 1, 9);
    history.push(difference(seen.at(-1)?.data ?? new Uint8Array(), mask.data));
    expect(history.redoable).toBe(0);
    history.push([]);
    expect(history.undoable).toBe(steps); // nothing was done, so there is nothing to undo
  });

  it("takes a few numbers for a stroke", () => {
    const before = blank(1000, 1000);
    const after = copied(before);
    stroke(after, { x: 500, y: 500 }, { x: 500, y: 500 }, 20, 1);
    expect(difference(before.data, after.data).length).toBeLessThanOrEqual(4 * 41);
  });
});

describe("colours", () => {
  it("are the classes' own, edges full, stripes where nobody can say", () => {
    expect(rgbOf(0)).toEqual([66, 250, 204]); // hsl(165 95% 62%), worked out by hand
    const mask = blank(12, 3, 1);
    mask.data.fill(0, 0, 12);
    const seen = coloured(mask, 0.5, [[1, 2, 3]]);
    expect([...seen.subarray(0, 4)]).toEqual([0, 0, 0, 0]);
    expect([...seen.subarray(4 * 12, 4 * 12 + 4)]).toEqual([1, 2, 3, 255]); // beside the background
    expect([...seen.subarray(4 * 30, 4 * 30 + 4)]).toEqual([1, 2, 3, 128]);
    expect(coloured(mask, 0.5, [[1, 2, 3]], [2, 3])).toEqual(seen.subarray(4 * 24)); // some rows alone
    const unsure = coloured(blank(12, 3, UNSURE), 0.5, []);
    expect(new Set(unsure.filter((_, k) => k % 4 === 3))).toEqual(new Set([0, 128]));
  });
});
