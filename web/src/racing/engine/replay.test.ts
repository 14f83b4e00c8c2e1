import { describe, expect, it } from "vitest";
import { SPEED_MPS, X } from "./fleet";
import { PixelRatioGovernor } from "./governor";
import { speedColour } from "./palette";
import { pathOf, speedRange, unbrokenRuns } from "./path";
import { type ReplayData, ReplaySource, type ReplayTrial } from "./replay";

/** A drive along x at a steady speed, `steps` long. */
function trial(steps: number, speedMps: number): ReplayTrial {
  const list = (value: (k: number) => number) => Array.from({ length: steps }, (_, k) => value(k));
  return {
    x: list((k) => (k * speedMps) / 10),
    y: list(() => 0),
    yaw: list(() => 0),
    speed: list(() => speedMps),
    steer: list((k) => k),
    progress: list((k) => k),
    reward: list(() => 1),
  };
}

const DATA: ReplayData = { dt_s: 0.1, track: "straight", trials: [trial(21, 1), trial(11, 2)] };

describe("a replay", () => {
  it("runs in exact real time, whatever the time between pictures", () => {
    const replay = new ReplaySource(DATA);
    replay.play();
    let nowMs = 1000;
    replay.sample(nowMs);
    for (const stepMs of [16, 16, 33, 7, 250, 16, 162]) {
      nowMs += stepMs;
      replay.sample(nowMs);
    }
    expect(replay.timeS).toBeCloseTo(0.5);
    expect(replay.sample(nowMs).cars[X]).toBeCloseTo(0.5);
  });

  it("runs at the pace that was set and stops at the end", () => {
    const replay = new ReplaySource(DATA);
    replay.setSpeed(4);
    replay.play();
    replay.sample(0);
    replay.sample(250);
    expect(replay.timeS).toBeCloseTo(1);
    replay.sample(600);
    expect(replay.timeS).toBeCloseTo(2);
    expect(replay.playing).toBe(false);
    replay.play();
    expect(replay.timeS).toBe(0);
  });

  it("does not count the time that it was paused or asleep", () => {
    const replay = new ReplaySource(DATA);
    replay.play();
    replay.sample(0);
    replay.sample(100);
    replay.pause();
    replay.sample(900);
    replay.play();
    replay.sample(5000);
    replay.sample(5100);
    expect(replay.timeS).toBeCloseTo(0.2);
  });

  it("seeks within the trial and steps by recorded steps", () => {
    const replay = new ReplaySource(DATA);
    replay.seek(0.55);
    expect(replay.sample(0).cars[X]).toBeCloseTo(0.55);
    replay.step(1);
    expect(replay.timeS).toBeCloseTo(0.7);
    expect(replay.reading()).toMatchObject({ step: 7, progressPct: 7, steerDeg: 7 });
    replay.seek(99);
    expect(replay.timeS).toBeCloseTo(2);
    replay.seek(-1);
    expect(replay.timeS).toBe(0);
  });

  it("shows the other trials as ghosts of the same moment, the faster one at its end", () => {
    const replay = new ReplaySource(DATA);
    replay.seek(1.5);
    const frame = replay.sample(0);
    expect(frame).toMatchObject({ count: 2, firstGhost: 1 });
    expect(frame.cars[X]).toBeCloseTo(1.5);
    expect(frame.cars[8 + X]).toBeCloseTo(2);
    replay.showGhosts(false);
    expect(replay.sample(0).count).toBe(1);
  });

  it("changes the trial and keeps the time where the trial is long enough", () => {
    const replay = new ReplaySource(DATA);
    replay.seek(1.5);
    replay.choose(1);
    expect(replay.timeS).toBeCloseTo(1);
    expect(replay.sample(0).cars[SPEED_MPS]).toBe(2);
    replay.choose(7);
    expect(replay.trial).toBe(1);
  });

  it("holds still through a reset to the track and with no trials at all", () => {
    const leap = trial(3, 1);
    const reset = { ...leap, x: [0, 0.1, 5] };
    const replay = new ReplaySource({ ...DATA, trials: [reset] });
    replay.seek(0.15);
    expect(replay.sample(0).cars[X]).toBeCloseTo(0.1);
    const empty = new ReplaySource({ ...DATA, trials: [] });
    empty.play();
    expect(empty.sample(0).count).toBe(0);
    expect(empty.reading().speedMps).toBe(0);
  });
});

describe("driven paths", () => {
  it("are drawn in pieces between leaps", () => {
    const points = [0, 0.1, 0.2, 3, 3.1, 9].map((x): [number, number] => [x, 0]);
    expect(unbrokenRuns(points)).toEqual([
      [0, 3],
      [3, 5],
    ]);
    expect(pathOf(DATA.trials[1]).points).toHaveLength(11);
    expect(speedRange([1, 3, 2])).toEqual([1, 3]);
  });

  it("go from blue to pale yellow with the speed", () => {
    expect(speedColour(0, 0, 4)).toBe("#566eeb");
    expect(speedColour(9, 0, 4)).toBe("#fffabe");
    expect(speedColour(1, 1, 1)).toBe(speedColour(2, 0, 4));
  });
});

describe("the drawing resolution", () => {
  it("falls on a slow machine, quickly on a very slow one, and never below its floor", () => {
    const governor = new PixelRatioGovernor(2);
    for (let k = 0; k < 24; k++) governor.add(50);
    expect(governor.ratio).toBe(1.5);
    for (let k = 0; k < 4; k++) governor.add(500);
    expect(governor.ratio).toBe(1.25);
    for (let k = 0; k < 400; k++) governor.add(500);
    expect(governor.ratio).toBe(0.6);
  });

  it("does not see-saw back to what was too much", () => {
    const governor = new PixelRatioGovernor(1);
    for (let k = 0; k < 24; k++) governor.add(50);
    expect(governor.ratio).toBe(0.8);
    for (let k = 0; k < 2000; k++) governor.add(16.7);
    expect(governor.ratio).toBe(0.8);
  });

  it("ignores the time that the page was asleep", () => {
    const governor = new PixelRatioGovernor(1);
    for (let k = 0; k < 50; k++) governor.add(5000);
    expect(governor.ratio).toBe(1);
  });
});
