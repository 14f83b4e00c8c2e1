import { beforeEach, describe, expect, it } from "vitest";
import { makeTrack, type Note, type Score } from "./document";
import { moveNotes, setHead, setInfo } from "./edits";
import { applyPatches } from "./history";
import { randomNotes } from "./samples";
import { LEAD_S, LOOK_AHEAD_S, type Playing, Scheduler } from "./scheduler";
import { TempoMap } from "./timeline";

type Event = [what: string, at: number, pitch?: number];

let now = 0;
let heard: Event[] = [];
const sink = {
  noteOn: (_: string, pitch: number, __: number, at: number) => heard.push(["on", at - LEAD_S, pitch]),
  noteOff: (_: string, pitch: number, at: number) => heard.push(["off", at - LEAD_S, pitch]),
  click: (accent: boolean, at: number) => heard.push([accent ? "CLICK" : "click", at - LEAD_S]),
  silence: () => heard.push(["silence", now]),
};

function score(notes: Note[]): Score {
  return {
    title: "",
    tempos: [{ tick: 0, bpm: 120 }],
    metres: [{ tick: 0, beats: 4, beat_unit: 4 }],
    keys: [],
    tracks: [makeTrack("part-1", {}, notes)],
  };
}

const note = (onset: number, length = 240, pitch = 60): Note => ({ onset, length, pitch, velocity: 80 });
const PLAIN: Playing = { loop: null, metronome: false, countIn: 0, until: 1920 };

/** Turns the clock on, in steps that are as uneven as a busy browser's. */
function run(scheduler: Scheduler, until: number): boolean {
  let going = true;
  for (let i = 0; now < until && going; i++) {
    now += 0.02 + (i % 3) * 0.015;
    going = scheduler.pump();
  }
  return going;
}

const round = (events: Event[]) =>
  events.map(([what, at, pitch]) => [what, Math.round(at * 1000) / 1000, pitch]);
const only = (...kinds: string[]) => round(heard.filter(([what]) => kinds.includes(what)));

beforeEach(() => {
  now = 0;
  heard = [];
});

describe("the scheduler", () => {
  it("plays each note once, at its time, however the calls fall", () => {
    const notes = randomNotes(300, 9600, 7);
    const tempo = new TempoMap([{ tick: 0, bpm: 120 }]);
    const scheduler = new Scheduler(() => now, sink);
    scheduler.start(score(notes), 0, { ...PLAIN, until: 11_000 });
    run(scheduler, 15);
    const expected = notes.map((one) => [Math.round(tempo.seconds(one.onset) * 1000) / 1000, one.pitch]);
    const byTime = (a: (number | undefined)[], b: (number | undefined)[]) =>
      (a[0] ?? 0) - (b[0] ?? 0) || (a[1] ?? 0) - (b[1] ?? 0);
    const played = only("on").map(([, at, pitch]) => [at as number, pitch as number]);
    expect(played.sort(byTime)).toEqual(expected.sort(byTime));
    expect(only("off")).toHaveLength(notes.length);
  });

  it("hands nothing on later than it sounds, and not much earlier", () => {
    const late: number[] = [];
    const early: number[] = [];
    const watching = {
      ...sink,
      noteOn: (_: string, __: number, ___: number, at: number) => {
        late.push(now - at);
        early.push(at - now);
      },
    };
    const scheduler = new Scheduler(() => now, watching);
    scheduler.start(score(randomNotes(200, 9600, 3)), 0, { ...PLAIN, until: 11_000 });
    run(scheduler, 12);
    expect(Math.max(...late)).toBeLessThan(0);
    expect(Math.max(...early)).toBeLessThan(LOOK_AHEAD_S + 0.06);
  });

  it("ends a note before it strikes the same one again", () => {
    const scheduler = new Scheduler(() => now, sink);
    // The first two fall into one look-ahead, the last two into different ones.
    scheduler.start(score([note(0, 48), note(48, 432), note(480, 480)]), 0, PLAIN);
    run(scheduler, 3);
    expect(only("on", "off")).toEqual([
      ["on", 0, 60],
      ["off", 0.05, 60],
      ["on", 0.05, 60],
      ["off", 0.5, 60],
      ["on", 0.5, 60],
      ["off", 1, 60],
    ]);
  });

  it("begins in the middle without the notes that are over", () => {
    const scheduler = new Scheduler(() => now, sink);
    scheduler.start(score([note(0), note(480), note(960)]), 480, PLAIN);
    run(scheduler, 3);
    expect(only("on")).toEqual([
      ["on", 0, 60],
      ["on", 0.5, 60],
    ]);
  });

  it("turns round at the end of the loop and cuts what would sound on", () => {
    const scheduler = new Scheduler(() => now, sink);
    scheduler.start(score([note(0, 240, 60), note(720, 4000, 64)]), 0, {
      ...PLAIN,
      loop: { start: 0, end: 960 },
    });
    run(scheduler, 2.3);
    expect(only("on").slice(0, 5)).toEqual([
      ["on", 0, 60],
      ["on", 0.75, 64],
      ["on", 1, 60],
      ["on", 1.75, 64],
      ["on", 2, 60],
    ]);
    expect(only("off").filter(([, , pitch]) => pitch === 64)[0]).toEqual(["off", 1, 64]);
    expect(scheduler.tickAt(LEAD_S + 1.25)).toBeCloseTo(240, 3);
  });

  it("does not hang on a loop of one tick", () => {
    const scheduler = new Scheduler(() => now, sink);
    scheduler.start(score([note(0)]), 0, { ...PLAIN, loop: { start: 0, end: 1 } });
    expect(run(scheduler, 0.5)).toBe(true);
  });

  it("counts in, then plays", () => {
    const scheduler = new Scheduler(() => now, sink);
    scheduler.start(score([note(0)]), 0, { ...PLAIN, countIn: 1 });
    expect(scheduler.countInLeft(0)).toBeCloseTo(2 + LEAD_S, 6);
    run(scheduler, 4);
    expect(only("CLICK", "click", "on")).toEqual([
      ["CLICK", 0, undefined],
      ["click", 0.5, undefined],
      ["click", 1, undefined],
      ["click", 1.5, undefined],
      ["on", 2, 60],
    ]);
    expect(scheduler.tickAt(1)).toBe(0);
  });

  it("beats the metronome with an accent on one", () => {
    const scheduler = new Scheduler(() => now, sink);
    scheduler.start(score([]), 1440, { ...PLAIN, until: 3400, metronome: true });
    run(scheduler, 1.9);
    expect(
      only("CLICK", "click")
        .slice(0, 4)
        .map(([what]) => what),
    ).toEqual(["click", "CLICK", "click", "click"]);
  });

  it("stops by itself after the last note, and silences at once when asked", () => {
    const scheduler = new Scheduler(() => now, sink);
    scheduler.start(score([note(0, 1920)]), 0, PLAIN);
    expect(run(scheduler, 1.5)).toBe(true);
    expect(run(scheduler, 4)).toBe(false);
    scheduler.stop();
    expect(heard.at(-1)?.[0]).toBe("silence");
    expect(scheduler.pump()).toBe(false);
  });

  it("leaves out muted parts, and with a solo all others", () => {
    const both = score([note(0)]);
    const two = {
      ...both,
      tracks: [...both.tracks, makeTrack("part-2", { solo: true }, [note(0, 240, 72)])],
    };
    const scheduler = new Scheduler(() => now, sink);
    scheduler.start(two, 0, PLAIN);
    run(scheduler, 1);
    expect(only("on")).toEqual([["on", 0, 72]]);
    heard = [];
    now = 0;
    const muted = applyPatches(both, setInfo(both, "part-1", { mute: true }));
    scheduler.start(muted, 0, PLAIN);
    run(scheduler, 1);
    expect(only("on")).toEqual([]);
  });

  it("follows edits and tempo while it plays", () => {
    const first = score([note(0), note(960)]);
    const scheduler = new Scheduler(() => now, sink);
    scheduler.start(first, 0, { ...PLAIN, until: 4000 });
    run(scheduler, 0.4);
    const later = first.tracks[0]?.notes[1]?.id ?? 0;
    const moved = applyPatches(first, moveNotes(first, "part-1", new Set([later]), 480, 5));
    const slower = applyPatches(moved, setHead(moved, { tempos: [{ tick: 0, bpm: 60 }] }));
    scheduler.update(slower);
    run(scheduler, 4);
    const [, second] = only("on");
    expect(second?.[2]).toBe(65);
    // At 120 it would have come at 1.5 s. The tempo changed at about 0.5 s, and what was left then takes twice as long.
    expect(second?.[1]).toBeGreaterThan(2.2);
    expect(second?.[1]).toBeLessThan(2.6);
  });
});
