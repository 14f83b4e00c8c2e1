import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Connection } from "./connection.svelte";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("whether the server answers", () => {
  it("overlooks a short gap", () => {
    const connection = new Connection();
    connection.report(false);
    vi.advanceTimersByTime(1000);
    connection.report(true);
    vi.advanceTimersByTime(5000);
    expect(connection.online).toBe(true);
  });

  it("says so when the gap lasts, however often somebody asks meanwhile", () => {
    const connection = new Connection();
    for (let ms = 0; ms < 2000; ms += 500) {
      connection.report(false);
      vi.advanceTimersByTime(500);
    }
    expect(connection.online).toBe(false);
    connection.report(true);
    expect(connection.online).toBe(true);
  });

  it("wakes those who wait once, and not those who gave up", () => {
    const connection = new Connection();
    const [waits, gaveUp] = [vi.fn(), vi.fn()];
    connection.report(false);
    connection.whenBack(waits);
    connection.whenBack(gaveUp)();
    connection.report(true);
    connection.report(false);
    connection.report(true);
    expect(waits).toHaveBeenCalledTimes(1);
    expect(gaveUp).not.toHaveBeenCalled();
  });
});
