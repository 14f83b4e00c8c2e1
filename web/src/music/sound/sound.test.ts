import { describe, expect, it } from "vitest";
import { setHead, setInfo } from "../engine/edits";
import { applyPatches } from "../engine/history";
import { randomScore } from "../engine/samples";
import { keyMessage } from "../input/webMidi.svelte";
import { CLICK_CHANNEL, channelOf, WARM_CHANNEL } from "./channels";
import { fontFault } from "./fontFile";
import { performanceOf } from "./performance";
import { wavFile } from "./wav";

/** The first bytes of a sound font of `size` bytes, followed by nothing. */
function font(riff: string, kind: string, stated: number, size = 128): ArrayBuffer {
  const bytes = new Uint8Array(size);
  bytes.set(new TextEncoder().encode(riff), 0);
  bytes.set(new TextEncoder().encode(kind), 8);
  new DataView(bytes.buffer).setUint32(4, stated, true);
  return bytes.buffer;
}

describe("a sound font of one's own", () => {
  it("is taken when its header is right", () => {
    expect(fontFault(font("RIFF", "sfbk", 120), "a.sf2")).toBeNull();
  });

  it.each([
    ["too short", new ArrayBuffer(10), "too short"],
    ["a picture", font("\x89PNG", "IHDR", 120), "does not begin with RIFF"],
    ["a WAV file", font("RIFF", "WAVE", 120), '"WAVE"'],
    ["cut off", font("RIFF", "sfbk", 5_000_000), "cut off"],
  ])("is refused in one sentence when it is %s", (_, bytes, words) => {
    const fault = fontFault(bytes, "my.sf2") ?? "";
    expect(fault).toContain(words);
    expect(fault.startsWith("my.sf2")).toBe(true);
    expect(fault.endsWith(".")).toBe(true);
  });
});

describe("channels", () => {
  it("are different for every part, and leave the metronome's and the unheard one free", () => {
    const channels = Array.from({ length: 64 }, (_, i) => channelOf(i));
    expect(new Set(channels).size).toBe(64);
    expect(channels).not.toContain(CLICK_CHANNEL);
    expect(channels).not.toContain(WARM_CHANNEL);
  });
});

describe("a performance", () => {
  const score = randomScore([50, 40], 9600, 2);

  it("ends every note that it begins, in order", () => {
    const { events, seconds } = performanceOf(score);
    expect(events).toHaveLength(180);
    expect(events.filter((event) => event.velocity === 0)).toHaveLength(90);
    for (let i = 1; i < events.length; i++)
      expect(events[i]?.at).toBeGreaterThanOrEqual(events[i - 1]?.at ?? 0);
    expect(seconds).toBe(events.at(-1)?.at);
  });

  it("leaves out what is not heard, and follows the tempo", () => {
    const muted = applyPatches(score, setInfo(score, "part-2", { mute: true }));
    expect(performanceOf(muted).events).toHaveLength(100);
    const half = applyPatches(score, setHead(score, { tempos: [{ tick: 0, bpm: 60 }] }));
    expect(performanceOf(half).seconds).toBeCloseTo(performanceOf(score).seconds * 2, 9);
  });
});

describe("a WAV file", () => {
  const samples = (bytes: ArrayBuffer) => new Int16Array(bytes.slice(44));

  it("says what it holds", () => {
    const bytes = wavFile(new Float32Array(10), new Float32Array(10), 44_100);
    const view = new DataView(bytes);
    const word = (at: number) => String.fromCharCode(...new Uint8Array(bytes, at, 4));
    expect([word(0), word(8), word(12), word(36)]).toEqual(["RIFF", "WAVE", "fmt ", "data"]);
    expect([view.getUint32(4, true) + 8, view.getUint32(40, true)]).toEqual([bytes.byteLength, 40]);
    expect([view.getUint16(22, true), view.getUint32(24, true), view.getUint16(34, true)]).toEqual([
      2, 44_100, 16,
    ]);
  });

  it("never clips, and leaves quiet music as it is", () => {
    const loud = samples(wavFile(Float32Array.of(3, -3), Float32Array.of(1.5, 0), 44_100));
    expect(Math.max(...loud)).toBeLessThanOrEqual(32_000);
    expect(loud[1]).toBe(Math.round((loud[0] ?? 0) / 2));
    const quiet = samples(wavFile(Float32Array.of(0.01), Float32Array.of(0), 44_100));
    expect(quiet[0]).toBe(Math.round(0.01 * 32_767));
  });
});

describe("MIDI messages", () => {
  it("are keys pressed or let go, or nothing to us", () => {
    expect(keyMessage([0x93, 60, 100])).toEqual({ pitch: 60, velocity: 100 });
    expect(keyMessage([0x90, 60, 0])).toEqual({ pitch: 60, velocity: 0 });
    expect(keyMessage([0x85, 60, 64])).toEqual({ pitch: 60, velocity: 0 });
    expect(keyMessage([0xb0, 64, 127])).toBeNull();
    expect(keyMessage([0xf8])).toBeNull();
  });
});
