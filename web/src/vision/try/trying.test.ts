import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Verdict } from "@/api/vision";
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
    const [first, second] = [trying.look("r", file("a")), trying.look("r", file("b"))];
    model.answer.get("b")?.(said("dog"));
    await second;
    model.answer.get("a")?.(said("cat"));
    await first;
    expect([trying.verdict?.predicted, trying.busy]).toEqual(["dog", false]);
  });

  it("is heard no more of a photo once the camera is looked at, nor of the camera once that is closed", async () => {
    const trying = new Trying();
    void trying.look("r", file("a"));
    const stop = trying.watch("r", () => ({}) as ImageData);
    model.answer.get("a")?.(said("cat"));
    await vi.advanceTimersByTimeAsync(500);
    expect(trying.verdict?.predicted).toBe("frame 3");
    stop();
    await vi.advanceTimersByTimeAsync(2000);
    expect(model.frames).toBe(3);
  });
});
