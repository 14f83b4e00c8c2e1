import { describe, expect, it } from "vitest";
import { type Composition, scoreOf } from "./document";
import { drawRoll } from "./draw";
import { type Palette, type Scene, SHADES } from "./scene";
import { KeyTransform, TickTransform } from "./transform";

const NOTES = 10_000;
const WIDTH = 1280;
const COLOURS = Array.from({ length: SHADES }, (_, shade) => `shade-${shade}`);

/** A pen that draws nothing and keeps what it is told. */
function paper() {
  const rects: { fill: string; x: number; y: number; width: number; height: number }[] = [];
  const kept = { fill: "", changes: 0 };
  const pen = new Proxy(
    {},
    {
      get: (_, name) => {
        if (name !== "fillRect") return () => {};
        return (x: number, y: number, width: number, height: number) =>
          rects.push({ fill: kept.fill, x, y, width, height });
      },
      set: (_, name, value) => {
        if (name === "fillStyle") {
          kept.changes += value === kept.fill ? 0 : 1;
          kept.fill = value;
        }
        return true;
      },
    },
  ) as CanvasRenderingContext2D;
  return { pen, rects, kept };
}

/** The roll with so many of its notes selected. */
function scene(chosen = 0): Scene {
  const notes = Array.from({ length: NOTES }, (_, k) => ({
    onset: 120 * Math.floor(k / 4),
    length: 110,
    pitch: 48 + ((7 * k) % 30),
    velocity: 1 + ((k * 37) % 127),
  }));
  const score = scoreOf({
    title: "Many",
    parts: [{ id: "one", name: "One", notes }],
  } as unknown as Composition);
  const palette = new Proxy({ tracks: [COLOURS] } as unknown as Palette, {
    get: (own, name) => (name === "tracks" ? own.tracks : String(name)),
  });
  return {
    layout: { width: WIDTH, height: 600, keys: 60, ruler: 26, lane: 78 },
    ticks: new TickTransform(1200 / (120 * (NOTES / 4)), 0),
    keys: new KeyTransform(6, 20),
    score,
    track: "one",
    selection: new Set(score.tracks[0]?.notes.slice(0, chosen).map((note) => note.id)),
    grid: 120,
    scale: null,
    ghosts: false,
    loop: null,
    held: new Set(),
    changes: null,
    palette,
    crowd: null,
  };
}

describe("ten thousand notes in sight", () => {
  const { pen, rects, kept } = paper();
  const drawn = drawRoll(pen, scene());

  it("are drawn once each, with few changes of colour", () => {
    expect(drawn).toBe(NOTES);
    const notes = rects.filter((rect) => rect.fill.startsWith("shade-") && rect.height === 5);
    expect(notes).toHaveLength(NOTES);
    expect(kept.changes).toBeLessThan(700); // rows, keys and lines; not one for each note
  });

  it("put no more bars into the lane than it has columns of pixels, the tallest of each", () => {
    const bars = rects.filter((rect) => rect.fill === COLOURS.at(-1) && rect.width === 3);
    expect(bars.length).toBeLessThanOrEqual(WIDTH);
    expect(new Set(bars.map((bar) => bar.x)).size).toBe(bars.length);
    const highest = (126 / 127) * 72; // the loudest note of all
    expect(Math.max(...bars.map((bar) => bar.height))).toBeGreaterThanOrEqual(highest);
  });
});

describe("selected notes", () => {
  it("have bars of their own, in front of the others", () => {
    const { pen, rects } = paper();
    drawRoll(pen, scene(4));
    const lane = rects.filter((rect) => rect.width === 3);
    expect(lane.at(-1)?.fill).toBe("strong");
  });
});
