import { beforeEach, describe, expect, it, vi } from "vitest";
import { offlineError, problemFrom } from "@/api/problem";
import type { ImportView, Upload } from "@/api/vision";
import { toasts } from "@/core/ui/toasts.svelte";
import { zipOf } from "@/core/zip";
import { Imports } from "./imports.svelte";

/** A server that reads what it is sent in three questions, fails as it is told, and remembers what was broken off. */
const server = vi.hoisted(() => ({
  sent: [] as string[],
  bytes: [] as number[],
  asked: 0,
  fail: [] as unknown[],
  dropped: [] as string[],
  hold: null as Promise<unknown> | null,
}));
const view = (id: string, state: string) => ({ id, state, project: "p", file: id, read: 0 }) as ImportView;
vi.mock("@/api/vision", () => ({
  listImports: async () => [],
  sendPhotos: async ({ file, body, signal }: Upload) => {
    await Promise.race([server.hold, new Promise((_, no) => signal?.addEventListener("abort", no))]);
    if (signal?.aborted) throw signal.reason;
    server.sent.push(file);
    server.bytes.push(body.size);
    return view(file, "working");
  },
  getImport: async (id: string) => {
    const failure = server.fail.shift();
    if (failure) throw failure;
    server.asked += 1;
    return view(id, server.asked % 3 ? "working" : "done");
  },
  dropImport: async (id: string) => {
    const failure = server.fail.shift();
    if (failure) throw failure;
    server.dropped.push(id);
  },
}));
const member = (name: string) => ({ name, content: new TextEncoder().encode("x") });
const photo = (name: string) => ({ name, file: new File(["x"], name) });
beforeEach(() => {
  vi.useFakeTimers();
  toasts.list = [];
  Object.assign(server, { sent: [], bytes: [], asked: 0, fail: [], dropped: [], hold: null });
});

describe("photos on their way in", () => {
  it("are followed through a server that is away for a while", async () => {
    const changed = vi.fn();
    const imports = new Imports("p", changed);
    server.fail = [offlineError(), problemFrom(503, null)];
    const done = imports.send([photo("a.jpg")], "a");
    await vi.runAllTimersAsync();
    expect(await done).toBe(true);
    expect([imports.list[0]?.view?.state, imports.list[0]?.error, changed.mock.calls.length]).toEqual([
      "done",
      null,
      1,
    ]);
  });

  it("go each zip by itself, the loose ones together", async () => {
    const imports = new Imports("p", () => undefined);
    const done = imports.send([photo("a.jpg"), photo("one.zip"), photo("b.jpg"), photo("two.ZIP")], "all");
    await vi.runAllTimersAsync();
    await done;
    expect(server.sent).toEqual(["photos.zip", "one.zip", "two.ZIP"]);
    expect(server.bytes[0]).toBe(zipOf([member("a.jpg"), member("b.jpg")]).size);
    expect(imports.list.map((one) => one.title)[2]).toBe("all, part 3 of 3");
  });

  it("are broken off on their way, and so is what still waits behind them", async () => {
    const imports = new Imports("p", () => undefined);
    server.hold = new Promise(() => undefined);
    const done = imports.send([photo("one.zip"), photo("two.zip")], "both");
    await vi.advanceTimersByTimeAsync(10);
    await imports.drop(imports.list[0]?.key ?? 0);
    await vi.runAllTimersAsync();
    expect([await done, server.sent, imports.list]).toEqual([false, [], []]);
  });

  it("stay in sight where the server does not let itself be stopped", async () => {
    const imports = new Imports("p", () => undefined);
    void imports.send([photo("a.jpg")], "a");
    await vi.advanceTimersByTimeAsync(10);
    server.fail = [offlineError()];
    await imports.drop(1);
    expect([imports.list.length, toasts.list.length]).toEqual([1, 1]);
    await imports.drop(1);
    expect([imports.list.length, server.dropped]).toEqual([0, ["a.jpg"]]);
  });

  it("say that a file has gone since it was chosen", async () => {
    const gone = photo("a.jpg");
    gone.file.slice = () => {
      throw new DOMException("gone", "NotFoundError");
    };
    const imports = new Imports("p", () => undefined);
    expect(await imports.send([gone], "a")).toBe(false);
    expect(imports.list[0]?.error?.message).toBe("A file can't be read.");
  });
});
