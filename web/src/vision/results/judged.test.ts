import { beforeEach, describe, expect, it, vi } from "vitest";
import { offlineError } from "@/api/problem";
import { JudgedList } from "./judged.svelte";

/** A server that has judged 30 photos, or fails as it is told. */
const server = vi.hoisted(() => ({ asked: 0, fail: null as unknown }));
vi.mock("@/api/vision", () => ({
  listJudged: async (_run: string, { offset = 0, limit = 0 }) => {
    server.asked += 1;
    if (server.fail) throw server.fail;
    const items = Array.from({ length: Math.min(limit, 30 - offset) }, (_, k) => ({
      sha256: `${offset + k}`,
    }));
    return { items, total: 30 };
  },
}));
beforeEach(() => Object.assign(server, { asked: 0, fail: null }));

describe("photos that were judged", () => {
  it("come once each, however often more are asked for while they are on their way", async () => {
    const list = new JudgedList("r", { wrong: true }, 12);
    await Promise.all([list.more(), list.more()]);
    expect([list.items.length, server.asked, list.busy]).toEqual([12, 1, false]);
    await Promise.all([list.more(), list.more(), list.more()]);
    expect(new Set(list.items.map((one) => one.sha256)).size).toBe(list.items.length);
    await list.more();
    expect([list.items.length, list.total]).toEqual([30, 30]);
  });

  it("tell why they did not come, and come when asked again", async () => {
    const list = new JudgedList("r", {}, 12);
    server.fail = offlineError();
    await list.more();
    expect([list.total, list.error?.offline, list.busy]).toEqual([undefined, true, false]);
    server.fail = null;
    await list.more();
    expect([list.items.length, list.error]).toEqual([12, null]);
  });
});
