import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EventStream, type Source } from "./events";
import { ApiError, asApiError, problemFrom } from "./problem";
import type { RunEvent } from "./types";

describe("problemFrom", () => {
  it("takes the server's words and names fields as forms do", () => {
    const body = {
      detail: "Too fast.",
      hint: "Slow down.",
      code: "bad_config",
      errors: [{ field: "config.car.speed", message: "at most 4" }],
    };
    expect(problemFrom(422, body)).toMatchObject({
      message: "Too fast.",
      hint: "Slow down.",
      code: "bad_config",
      fields: [{ path: "car.speed", message: "at most 4" }],
    });
  });
  it.each([
    [500, null],
    [502, "<html>"],
    [404, {}],
    [422, { errors: [null, 3] }],
  ])("has a sentence and a hint for %s without a body of ours", (status, body) => {
    const error = problemFrom(status, body);
    expect(error.message).toMatch(/\.$/);
    expect(error.hint).toMatch(/\.$/);
  });
  it("never shows a foreign error's text", () => {
    expect(asApiError(new RangeError("stack at 0x1")).message).not.toMatch("0x1");
    expect(asApiError(new ApiError("a", "b", 1, "c")).message).toBe("a");
  });
});

/** An event source that a test can drive. */
class FakeSource implements Source {
  readyState = 1;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  handlers = new Map<string, (event: MessageEvent<string>) => void>();
  closed = false;
  addEventListener(kind: string, handler: (event: MessageEvent<string>) => void) {
    this.handlers.set(kind, handler);
  }
  close() {
    this.closed = true;
  }
  send(kind: string, data: unknown) {
    this.handlers.get(kind)?.({
      data: typeof data === "string" ? data : JSON.stringify(data),
    } as MessageEvent<string>);
  }
}

describe("EventStream", () => {
  let sources: FakeSource[];
  let online: boolean[];
  let stream: EventStream;
  beforeEach(() => {
    vi.useFakeTimers();
    sources = [];
    online = [];
    stream = new EventStream(
      () => {
        const source = new FakeSource();
        sources.push(source);
        return source;
      },
      (state) => online.push(state),
    );
  });
  afterEach(() => vi.useRealTimers());

  const listen = (run?: string) => {
    const seen: RunEvent[] = [];
    const resets: number[] = [];
    const stop = stream.listen({ run, event: (event) => seen.push(event), reset: () => resets.push(1) });
    return { seen, resets, stop };
  };

  it("hands events to those who listen to that run, over one connection", () => {
    stream.start();
    const [all, one, other] = [listen(), listen("a"), listen("b")];
    sources[0]?.send("metric", { id: 1, run: "a", step: 3, values: { x: 1 } });
    expect(sources).toHaveLength(1);
    expect([all.seen.length, one.seen.length, other.seen.length]).toEqual([1, 1, 0]);
    expect(one.seen[0]?.kind).toBe("metric");
  });

  it("passes over lines that are no JSON, and stops when asked", () => {
    stream.start();
    const one = listen();
    sources[0]?.send("log", "{half");
    one.stop();
    sources[0]?.send("log", { id: 2, run: "a", message: "hi" });
    expect(one.seen).toEqual([]);
  });

  it("tells listeners to fetch again when the server says reset", () => {
    stream.start();
    const one = listen("a");
    sources[0]?.send("reset", {});
    expect(one.resets).toHaveLength(1);
  });

  it("leaves a short cut to the browser, which sends the last id itself", () => {
    stream.start();
    const source = sources[0] as FakeSource;
    source.readyState = 0;
    source.onerror?.();
    vi.advanceTimersByTime(60_000);
    expect(sources).toHaveLength(1);
    expect(online).toEqual([false]);
  });

  it("opens a new stream when the browser gave up, and has everything fetched again then", () => {
    stream.start();
    const one = listen();
    const source = sources[0] as FakeSource;
    source.readyState = 2;
    source.onerror?.();
    vi.advanceTimersByTime(500);
    expect(sources).toHaveLength(2);
    expect(one.resets).toHaveLength(0);
    sources[1]?.onopen?.();
    expect(one.resets).toHaveLength(1);
    expect(online.at(-1)).toBe(true);
  });

  it("waits longer from try to try", () => {
    stream.start();
    for (let i = 0; i < 3; i += 1) {
      const source = sources.at(-1) as FakeSource;
      source.readyState = 2;
      source.onerror?.();
      vi.advanceTimersByTime(500 * 2 ** i - 1);
      expect(sources).toHaveLength(i + 1);
      vi.advanceTimersByTime(1);
      expect(sources).toHaveLength(i + 2);
    }
  });
});
