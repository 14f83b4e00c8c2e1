import { describe, expect, it } from "vitest";
import { end, type RollNote } from "./document";
import { labelOfPitch, pitchOfKey } from "./keyboard";
import { Recorder } from "./recorder";
import { randomScore } from "./samples";
import { actionOf } from "./shortcuts";
import { KeyTransform, pitchName, scaleMask, TickTransform } from "./transform";
import { eachBetween, firstFrom, noteAt } from "./visible";

const notes = (seed: number) => (randomScore([2000], 100_000, seed).tracks[0]?.notes ?? []) as RollNote[];

describe("what is in sight", () => {
  it.each([1, 2, 3])("is what a look at every note finds (seed %i)", (seed) => {
    const all = [...notes(seed)];
    // One very long note at the beginning must be found wherever one looks.
    all[0] = { ...(all[0] as RollNote), length: 90_000 };
    for (const [from, to] of [
      [0, 1],
      [5000, 5600],
      [50_000, 60_000],
      [99_000, 120_000],
    ] as const) {
      const found: number[] = [];
      eachBetween(all, from, to, (note) => found.push(note.id));
      expect(found).toEqual(all.filter((note) => note.onset < to && end(note) > from).map((note) => note.id));
    }
  });

  it("begins at the first note from a tick on", () => {
    const all = notes(4);
    for (const tick of [0, 1, 777, 50_000, 200_000]) {
      const expected = all.findIndex((note) => note.onset >= tick);
      expect(firstFrom(all, tick)).toBe(expected < 0 ? all.length : expected);
    }
  });

  it("knows the note under a point", () => {
    const [first] = notes(5);
    expect(first && noteAt(notes(5).slice(0, 1), first.onset, first.pitch)?.pitch).toBe(first?.pitch);
    expect(first && noteAt([first], end(first), first.pitch)).toBeNull();
  });
});

describe("transforms", () => {
  it("go to the screen and back", () => {
    const ticks = new TickTransform(0.13, 960);
    const keys = new KeyTransform(15, 20);
    for (const tick of [0, 960, 5000]) expect(ticks.tick(ticks.x(tick))).toBeCloseTo(tick, 9);
    for (let pitch = 0; pitch < 128; pitch++) expect(keys.pitch(keys.y(pitch) + 7)).toBe(pitch);
  });

  it("zoom round the place that is pointed at, within bounds", () => {
    const ticks = new TickTransform(0.1, 5000);
    expect(ticks.zoomed(2, 300).tick(300)).toBeCloseTo(ticks.tick(300), 6);
    expect(ticks.zoomed(1e9, 0).pixelsPerTick).toBeLessThan(2);
    const keys = new KeyTransform(12, 40);
    expect(keys.zoomed(1.5, 120, 300).pitch(120)).toBe(keys.pitch(120));
  });
});

describe("names", () => {
  it("calls middle C C4, and marks a scale", () => {
    expect([60, 69, 21].map(pitchName)).toEqual(["C4", "A4", "A0"]);
    const gMajor = scaleMask("major", 7);
    expect(gMajor?.flatMap((is, pitch) => (is ? [pitch] : []))).toEqual([0, 2, 4, 6, 7, 9, 11]);
    expect(scaleMask("none", 0)).toBeNull();
  });
});

describe("the computer's keyboard", () => {
  it("plays two octaves by the place of the keys", () => {
    expect(["KeyZ", "KeyS", "KeyM", "KeyQ", "KeyU", "KeyP"].map((code) => pitchOfKey(code, 4))).toEqual([
      60, 61, 71, 72, 83, 88,
    ]);
    expect(pitchOfKey("KeyZ", 3)).toBe(48);
    expect(pitchOfKey("Enter", 4)).toBeNull();
    expect(pitchOfKey("KeyP", 9)).toBeNull();
    expect([60, 61, 72].map((pitch) => labelOfPitch(pitch, 4))).toEqual(["Z", "S", "Q"]);
  });

  it("means shortcuts on the roll, but letters only while they do not play", () => {
    const key = (name: string, held: Partial<Record<"ctrlKey" | "shiftKey" | "altKey", boolean>> = {}) => ({
      key: name,
      ctrlKey: false,
      metaKey: false,
      shiftKey: false,
      altKey: false,
      ...held,
    });
    expect(actionOf(key("q"))).toEqual({ kind: "quantise" });
    expect(actionOf(key("q"), true)).toBeNull();
    expect(actionOf(key("z", { ctrlKey: true }), true)).toEqual({ kind: "undo" });
    expect(actionOf(key("Z", { ctrlKey: true, shiftKey: true }))).toEqual({ kind: "redo" });
    expect(actionOf(key("ArrowUp", { shiftKey: true }))).toEqual({ kind: "arrow", x: 0, y: 1, far: true });
    expect(actionOf(key("ArrowRight", { shiftKey: true }))).toEqual({ kind: "stretch", by: 1 });
    expect(actionOf(key("Tab", { shiftKey: true }))).toEqual({ kind: "walk", step: -1 });
    expect(actionOf(key("w", { ctrlKey: true }))).toBeNull();
  });
});

describe("recording", () => {
  it("makes notes of keys, whatever order they are let go in", () => {
    const recorder = new Recorder();
    recorder.press(60, 90, 10.4);
    recorder.press(64, 70, 100);
    recorder.release(60, 250);
    recorder.press(60, 50, 260);
    recorder.press(60, 55, 300);
    recorder.release(64, 400);
    recorder.release(99, 400);
    expect(recorder.finish(500)).toEqual([
      { onset: 10, length: 240, pitch: 60, velocity: 90 },
      { onset: 100, length: 300, pitch: 64, velocity: 70 },
      { onset: 260, length: 40, pitch: 60, velocity: 50 },
      { onset: 300, length: 200, pitch: 60, velocity: 55 },
    ]);
  });

  it("ends a note at the loop's end where the loop turned round under a held key", () => {
    const recorder = new Recorder();
    recorder.press(60, 90, 1800);
    recorder.release(60, 100, 1920);
    expect(recorder.finish(200)).toEqual([{ onset: 1800, length: 120, pitch: 60, velocity: 90 }]);
  });
});
