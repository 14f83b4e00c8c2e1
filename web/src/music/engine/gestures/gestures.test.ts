import { beforeEach, describe, expect, it } from "vitest";
import { makeTrack, type RollNote, rollNote, type Score, trackOf } from "../document";
import type { Ids } from "../edits";
import { applyPatches, History } from "../history";
import type { Loop } from "../scheduler";
import { snap } from "../timeline";
import { beginInGrid, hitAt } from "./begin";
import type { Hand, Point } from "./gesture";
import { setLoopOrSeek } from "./ruler";
import { tapChange } from "./tap";
import { paintVelocity } from "./velocity";

let history: History;
let shown: Score;
let selection: Ids;
let loop: Loop | null;
let sought: number;

const hand: Hand = {
  get score() {
    return history.score;
  },
  get track() {
    return trackOf(history.score, "part-1");
  },
  get selection() {
    return selection;
  },
  grid: 120,
  noteLength: 480,
  slack: 20,
  select: (ids) => {
    selection = ids;
  },
  preview: (patches) => {
    shown = applyPatches(history.score, patches);
  },
  commit: (label, patches) => {
    shown = history.do(label, patches);
  },
  hear: () => {},
  setBox: () => {},
  setLoop: (next) => {
    loop = next;
  },
  seek: (tick) => {
    sought = tick;
  },
  snap: (tick, free, round) => snap(history.score, tick, free ? 0 : 120, round),
};

const point = (tick: number, pitch: number, more: Partial<Point> = {}): Point => ({
  tick,
  pitch,
  share: 0,
  free: false,
  adding: false,
  copying: false,
  ...more,
});
const all = (score = history.score) =>
  trackOf(score, "part-1").notes.map((n) => [n.onset, n.length, n.pitch]);
const ids = () => trackOf(history.score, "part-1").notes.map((note) => note.id);

beforeEach(() => {
  const notes = [
    { onset: 0, length: 480, pitch: 60, velocity: 80 },
    { onset: 960, length: 480, pitch: 64, velocity: 80 },
  ];
  history = new History({
    title: "",
    tempos: [{ tick: 0, bpm: 120 }],
    metres: [{ tick: 0, beats: 4, beat_unit: 4 }],
    keys: [],
    tracks: [makeTrack("part-1", {}, notes)],
  });
  shown = history.score;
  selection = new Set();
  loop = null;
  sought = -1;
  hand.noteLength = 480;
});

describe("drawing", () => {
  it("sets a note on the grid, as long as the last one", () => {
    beginInGrid(hand, "draw", point(500, 70)).end();
    expect(all()).toContainEqual([480, 480, 70]);
    expect(selection.size).toBe(1);
  });

  it("grows with the pointer, and the next note is as long", () => {
    const gesture = beginInGrid(hand, "draw", point(1930, 70));
    gesture.move(point(2900, 73));
    gesture.end();
    expect(all()).toContainEqual([1920, 1080, 70]);
    expect(hand.noteLength).toBe(1080);
  });

  it("leaves nothing behind when it is called off", () => {
    const before = history.score;
    const gesture = beginInGrid(hand, "draw", point(1930, 70));
    gesture.move(point(2900, 70));
    gesture.cancel();
    expect(history.score).toBe(before);
    expect(shown).toEqual(before);
    expect(history.undoLabel).toBeUndefined();
  });
});

describe("dragging", () => {
  it("shows the way and keeps the end as one step", () => {
    const gesture = beginInGrid(hand, "select", point(200, 60));
    for (let tick = 210; tick <= 700; tick += 10) gesture.move(point(tick, 62));
    expect(all(shown)).toEqual([
      [480, 480, 62],
      [960, 480, 64],
    ]);
    expect(all()[0]).toEqual([0, 480, 60]);
    gesture.end();
    expect(all()[0]).toEqual([480, 480, 62]);
    history.undo();
    expect(all()[0]).toEqual([0, 480, 60]);
    expect(history.undoLabel).toBeUndefined();
  });

  it("moves the whole selection, and copies it with control", () => {
    selection = new Set(ids());
    const gesture = beginInGrid(hand, "select", point(200, 60, { copying: true }));
    gesture.move(point(200 + 1920, 60));
    gesture.end();
    expect(all()).toEqual([
      [0, 480, 60],
      [960, 480, 64],
      [1920, 480, 60],
      [2880, 480, 64],
    ]);
    expect(selection.size).toBe(2);
  });

  it("resizes at the edge", () => {
    expect(hitAt(hand, 475, 60)?.part).toBe("end");
    expect(hitAt(hand, 200, 60)?.part).toBe("body");
    expect(hitAt(hand, 600, 60)).toBeNull();
    const gesture = beginInGrid(hand, "select", point(475, 60));
    gesture.move(point(800, 60));
    gesture.end();
    expect(all()[0]).toEqual([0, 840, 60]);
  });

  it("is off the grid with alt", () => {
    const gesture = beginInGrid(hand, "select", point(200, 60));
    gesture.move(point(233, 60, { free: true }));
    gesture.end();
    expect(all()[0]).toEqual([33, 480, 60]);
  });
});

describe("selecting and rubbing out", () => {
  it("takes what the box touches, and adds with shift", () => {
    const gesture = beginInGrid(hand, "select", point(700, 70));
    gesture.move(point(1000, 60));
    expect([...selection]).toEqual([ids()[1]]);
    gesture.end();
    beginInGrid(hand, "select", point(200, 60, { adding: true })).end();
    expect(selection.size).toBe(2);
  });

  it("lets go when an empty place is pressed", () => {
    selection = new Set(ids());
    beginInGrid(hand, "select", point(700, 80)).end();
    expect(selection.size).toBe(0);
  });

  it("rubs out everything on the way as one step", () => {
    const gesture = beginInGrid(hand, "erase", point(100, 60));
    gesture.move(point(1000, 64));
    gesture.end();
    expect(all()).toEqual([]);
    history.undo();
    expect(all()).toHaveLength(2);
  });
});

describe("the lanes", () => {
  it("paints velocities along a line", () => {
    const gesture = paintVelocity(hand, point(-40, 0, { share: 0 }));
    gesture.move(point(1920, 0, { share: 1 }));
    gesture.end();
    const [first, second] = trackOf(history.score, "part-1").notes;
    expect(first?.velocity).toBeLessThan(10);
    expect(second?.velocity).toBeGreaterThan(55);
    expect(second?.velocity).toBeLessThan(75);
  });

  it("loops where the ruler is dragged, and goes where it is pressed", () => {
    const gesture = setLoopOrSeek(hand, point(1000, 0));
    gesture.move(point(200, 0));
    gesture.end();
    expect(loop).toEqual({ start: 120, end: 1080 });
    expect(sought).toBe(-1);
    setLoopOrSeek(hand, point(490, 0)).end();
    expect(sought).toBe(480);
  });
});

describe("a click on what a technique changed", () => {
  const note = (onset: number, pitch: number) => rollNote({ onset, length: 480, pitch, velocity: 80 });
  const [added, removed] = [note(0, 64), note(960, 62)];
  const changes = { came: [added], went: [removed], now: new Set<number>() };
  const pressed = (from: [number, number], to: [number, number]) => {
    const seen: RollNote[] = [];
    const trial = { changes, press: (one: RollNote) => void seen.push(one) };
    const at = ([tick, pitch]: [number, number]) => ({ tick, pitch }) as Point;
    const gesture = tapChange(trial, at(from));
    gesture?.move(at(to));
    gesture?.end();
    return gesture && seen;
  };

  it("names the note that came or went there, and nothing where it was dragged away", () => {
    expect(pressed([100, 64], [101, 64])).toEqual([added]);
    expect(pressed([1000, 62], [1000, 62])).toEqual([removed]);
    expect(pressed([100, 64], [900, 64])).toEqual([]);
    expect(pressed([480, 64], [480, 64])).toBeNull();
  });
});
