import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Verdict } from "@/api/vision";
import { Film } from "./film.svelte";
import { Trying } from "./trying.svelte";

/** A model that answers when it is told to, by the name of the file. */
const model = vi.hoisted(() => ({ answer: new Map<string, (said: unknown) => void>(), frames: 0 }));
vi.mock("@/api/vision", () => ({
  classifyPhoto: (_run: string, _file: File, name: string) =>
    new Promise((resolve) => model.answer.set(name, resolve)),
  classifyFrame: async () => {
    model.frames += 1;
    return { predicted: `frame ${model.frames}` };
  },
  classifyClip: (_run: string, _file: File, name: string) =>
    new Promise((resolve) => model.answer.set(name, resolve)),
}));
const file = (name: string) => new File(["x"], name);
const said = (predicted: string) => ({ predicted, confidence: 1, top: [] }) as Verdict;
beforeEach(() => {
  vi.useFakeTimers();
  model.frames = 0;
});

describe("a model that is tried", () => {
  it("is heard of the newest photo only, in whatever order its answers come", async () => {
    const trying = new Trying();
    const [first, second] = [trying.see("r", file("a")), trying.see("r", file("b"))];
    model.answer.get("b")?.(said("dog"));
    await second;
    model.answer.get("a")?.(said("cat"));
    await first;
    expect([trying.verdict?.predicted, trying.busy]).toEqual(["dog", false]);
  });

  it("is heard no more of a photo once the camera is looked at, nor of the camera once that is closed", async () => {
    const trying = new Trying();
    void trying.see("r", file("a"));
    const stop = trying.watch("r", () => ({}) as ImageData);
    model.answer.get("a")?.(said("cat"));
    await vi.advanceTimersByTimeAsync(500);
    expect(trying.verdict?.predicted).toBe("frame 3");
    stop();
    await vi.advanceTimersByTimeAsync(2000);
    expect(model.frames).toBe(3);
  });
});

describe("a film that is tried", () => {
  it("is told of the newest one only, and forgotten when the page is left", async () => {
    const film = new Film();
    const [first, second] = [film.look("r", file("a")), film.look("r", file("b"))];
    model.answer.get("b")?.({ spans: [], duration_s: 2 });
    await second;
    model.answer.get("a")?.({ spans: [], duration_s: 1 });
    await first;
    expect([film.verdict?.duration_s, film.file?.name, film.busy]).toEqual([2, "b", false]);
    const last = film.look("r", file("c"));
    film.clear();
    model.answer.get("c")?.({ spans: [], duration_s: 3 });
    await last;
    expect([film.verdict, film.file]).toEqual([null, null]);
  });
});
