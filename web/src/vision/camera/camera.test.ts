import { afterEach, describe, expect, it, vi } from "vitest";
import { Camera } from "./camera.svelte";

/** A browser that gives its camera when it is told to. */
function browser() {
  const track = { stop: vi.fn(), onended: null as (() => void) | null };
  const stream = { getTracks: () => [track] };
  let give: (given: unknown) => void = () => undefined;
  const getUserMedia = () =>
    new Promise((resolve) => {
      give = resolve;
    });
  vi.stubGlobal("navigator", { mediaDevices: { getUserMedia } });
  return { track, give: () => give(stream) };
}
afterEach(() => vi.unstubAllGlobals());

describe("the camera", () => {
  it("goes off again where its page was left while the browser was asking", async () => {
    const { track, give } = browser();
    const camera = new Camera();
    const opening = camera.open();
    camera.close();
    give();
    await opening;
    expect([track.stop.mock.calls.length, camera.stream, camera.opening]).toEqual([1, null, false]);
  });

  it("says that it was unplugged", async () => {
    const { track, give } = browser();
    const camera = new Camera();
    const opening = camera.open();
    give();
    await opening;
    expect([camera.stream !== null, track.stop.mock.calls.length]).toEqual([true, 0]);
    track.onended?.();
    expect([camera.stream, camera.error?.message]).toEqual([null, "The camera is gone."]);
  });
});
