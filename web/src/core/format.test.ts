import { describe, expect, it } from "vitest";
import { ago, bytes, duration, grouped, lapTime, number, percent, plural } from "./format";

describe("lapTime", () => {
  it.each([
    [12.28, "00:12.280"],
    [7.257, "00:07.257"],
    [59.9996, "01:00.000"],
    [61.5, "01:01.500"],
    [3601, "60:01.000"],
    [0, "00:00.000"],
  ])("writes %d s as %s", (seconds, text) => expect(lapTime(seconds)).toBe(text));

  it("has a dash for no lap", () => {
    expect(lapTime(null)).toBe("–");
    expect(lapTime(Number.NaN)).toBe("–");
  });
});

describe("duration", () => {
  it.each([
    [0.4, "0 s"],
    [59.6, "1 min 00 s"],
    [185, "3 min 05 s"],
    [7800, "2 h 10 min"],
  ])("writes %d s as %s", (seconds, text) => expect(duration(seconds)).toBe(text));
  it("has a dash where nothing is known", () => expect(duration(null)).toBe("–"));
});

describe("ago", () => {
  const now = 1_800_000_000;
  it.each([
    [10, "just now"],
    [-5, "just now"],
    [120, "2 min ago"],
    [7200, "2 h ago"],
    [90_000, "yesterday"],
    [3 * 86_400, "3 days ago"],
  ])("%d seconds back is %s", (back, text) => expect(ago(now - back, now)).toBe(text));
});

describe("number", () => {
  it.each([
    [0, "0"],
    [0.01234, "0.0123"],
    [12.345, "12.3"],
    [123.456, "123"],
    [1234.5, "1\u202f235"],
    [-3.25159, "-3.25"],
    [3e-8, "3.00e-8"],
    [20, "20"],
  ])("writes %d as %s", (value, text) => expect(number(value)).toBe(text));
  it("has a dash for nothing", () => expect(number(undefined)).toBe("–"));
});

it("groups thousands, percents, bytes and plurals", () => {
  expect(grouped(1234567)).toBe("1\u202f234\u202f567");
  expect(percent(99.5, 1)).toBe("99.5\u202f%");
  expect(bytes(999)).toBe("999 B");
  expect(bytes(1_500_000)).toBe("1.5 MB");
  expect(plural(1, "run")).toBe("1 run");
  expect(plural(2, "run")).toBe("2 runs");
});
