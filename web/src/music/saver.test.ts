import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, offlineError } from "@/api/problem";
import { Saver } from "./saver.svelte";

/** A server that keeps the last composition and its version, or fails as it is told. */
const server = vi.hoisted(() => ({ version: 1, kept: "", asked: 0, fail: null as unknown }));

vi.mock("@/api/music", () => ({
  saveComposition: async (_id: string, version: number, composition: { title: string }) => {
    server.asked += 1;
    if (server.fail) throw server.fail;
    if (version !== server.version) throw new ApiError("Saved elsewhere.", "Reload.", 409, "conflict");
    server.version += 1;
    server.kept = composition.title;
    return { version: server.version };
  },
}));

const piece = (title: string) => () => ({ title, parts: [] }) as never;

beforeEach(() => {
  vi.useFakeTimers();
  Object.assign(server, { version: 1, kept: "", asked: 0, fail: null });
});
afterEach(() => vi.useRealTimers());

describe("saving", () => {
  it("waits for a pause and then saves the last state once", async () => {
    const saver = new Saver("p", 1);
    for (const title of ["a", "b", "c"]) saver.later(piece(title));
    expect([saver.state, server.asked]).toEqual(["waiting", 0]);
    await vi.runAllTimersAsync();
    expect([saver.state, server.asked, server.kept]).toEqual(["saved", 1, "c"]);
  });

  it("goes on from the version that the server answered with", async () => {
    const saver = new Saver("p", 1);
    for (const title of ["a", "b"]) {
      saver.later(piece(title));
      await vi.runAllTimersAsync();
    }
    expect([saver.state, server.version, server.kept]).toEqual(["saved", 3, "b"]);
  });

  it("saves what was changed while it was saving", async () => {
    const saver = new Saver("p", 1);
    saver.later(piece("a"));
    const first = saver.now();
    saver.later(piece("b"));
    await first;
    await vi.runAllTimersAsync();
    expect([saver.state, server.kept]).toEqual(["saved", "b"]);
  });

  it("writes nothing over what another page has saved", async () => {
    const saver = new Saver("p", 1);
    server.version = 2;
    server.kept = "theirs";
    saver.later(piece("mine"));
    await vi.runAllTimersAsync();
    saver.later(piece("mine again"));
    await vi.runAllTimersAsync();
    expect([saver.state, server.kept, server.asked]).toEqual(["overtaken", "theirs", 1]);
  });

  it("tries again by itself once the server is back, and when asked after another failure", async () => {
    const saver = new Saver("p", 1);
    server.fail = offlineError();
    saver.later(piece("a"));
    await vi.advanceTimersByTimeAsync(1000);
    expect(saver.state).toBe("failed");
    server.fail = null;
    await vi.runAllTimersAsync();
    expect([saver.state, server.kept]).toEqual(["saved", "a"]);
    server.fail = new ApiError("The disk is full.", "Make room.", 507, "full");
    saver.later(piece("b"));
    await vi.runAllTimersAsync();
    expect([saver.state, server.kept]).toEqual(["failed", "a"]);
    server.fail = null;
    await saver.now();
    expect([saver.state, server.kept]).toEqual(["saved", "b"]);
  });
});
