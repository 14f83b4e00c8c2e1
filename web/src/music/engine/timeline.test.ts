import { describe, expect, it } from "vitest";
import { barLines, placeOf, snap, TempoMap, withBpm } from "./timeline";

const FOUR = { metres: [{ tick: 0, beats: 4, beat_unit: 4 as const }] };
const CHANGING = {
  metres: [
    { tick: 0, beats: 3, beat_unit: 4 as const },
    { tick: 2880, beats: 6, beat_unit: 8 as const },
    { tick: 5760, beats: 4, beat_unit: 4 as const },
  ],
};

describe("tempo", () => {
  const map = new TempoMap([
    { tick: 0, bpm: 120 },
    { tick: 960, bpm: 60 },
    { tick: 1440, bpm: 240 },
  ]);

  it("adds up the stretches", () => {
    // Two quarters at 120, one at 60, and then a quarter lasts a quarter of a second.
    expect([0, 480, 960, 1440, 1920].map((tick) => map.seconds(tick))).toEqual([0, 0.5, 1, 2, 2.25]);
  });

  it("is undone by its inverse", () => {
    for (let tick = 0; tick < 4000; tick += 37) expect(map.tick(map.seconds(tick))).toBeCloseTo(tick, 6);
  });

  it("changes where one stands and nowhere else", () => {
    const before = {
      metres: FOUR.metres,
      tempos: [
        { tick: 0, bpm: 100 },
        { tick: 480, bpm: 50 },
      ],
    };
    expect(withBpm(before, 479, 70).tempos.map((tempo) => tempo.bpm)).toEqual([70, 50]);
    expect(withBpm(before, 480, 70).tempos.map((tempo) => tempo.bpm)).toEqual([100, 70]);
  });
});

describe("bars", () => {
  it("count on over changes of metre", () => {
    expect(barLines(CHANGING, 0, 8000).map((line) => [line.bar, line.tick])).toEqual([
      [1, 0],
      [2, 1440],
      [3, 2880],
      [4, 4320],
      [5, 5760],
      [6, 7680],
    ]);
  });

  it("begin with the bar that holds the left edge", () => {
    expect(barLines(CHANGING, 4400, 5800).map((line) => line.bar)).toEqual([4, 5]);
  });

  it("tell bar, beat and what is left over", () => {
    expect(placeOf(FOUR, 1920 + 480 + 7)).toEqual({ bar: 2, beat: 2, rest: 7 });
    expect(placeOf(CHANGING, 2880 + 240 * 4)).toEqual({ bar: 3, beat: 5, rest: 0 });
  });
});

describe("snapping", () => {
  it("goes to the nearest, the one before or the one after", () => {
    expect(snap(FOUR, 130, 240)).toBe(240);
    expect(snap(FOUR, 130, 240, Math.floor)).toBe(0);
    expect(snap(FOUR, 250, 240, Math.ceil)).toBe(480);
    expect(snap(FOUR, 130.4, 0)).toBe(130);
  });

  it("never crosses the next bar line", () => {
    // A bar of 3/4 has 1440 ticks; a grid of whole notes knows only its beginning and its end.
    expect(snap(CHANGING, 1000, 1920)).toBe(1440);
    expect(snap(CHANGING, 900, 1920)).toBe(0);
  });
});
