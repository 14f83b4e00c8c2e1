import { describe, expect, it } from "vitest";
import {
  actionProblem,
  actionTable,
  type CarConfig,
  carProblem,
  polar,
  sectorPath,
  steeringText,
} from "./actions";

const car: CarConfig = {
  action_space_type: "discrete",
  steering_max_deg: 30,
  steering_count: 5,
  speed_max_mps: 2,
  speed_min_mps: 0.5,
  speed_count: 2,
  actions: null,
  network: "light",
};

describe("actionTable", () => {
  it("lists rising angles and, within an angle, rising speeds", () => {
    const table = actionTable(car);
    expect(table).toHaveLength(10);
    expect(table[0]).toEqual({ steering_angle: -30, speed: 1 });
    expect(table[1]).toEqual({ steering_angle: -30, speed: 2 });
    expect(table[9]).toEqual({ steering_angle: 30, speed: 2 });
    expect(table[4]).toEqual({ steering_angle: 0, speed: 1 });
  });
  it("drives straight with one angle, and never slower than a car can", () => {
    const table = actionTable({ ...car, steering_count: 1, speed_count: 5, speed_max_mps: 0.2 });
    expect(table.map((action) => action.steering_angle)).toEqual([0, 0, 0, 0, 0]);
    expect(Math.min(...table.map((action) => action.speed))).toBe(0.1);
  });
  it("gives way to a table of one's own", () => {
    const own = [
      { steering_angle: 3, speed: 1 },
      { steering_angle: -3, speed: 1 },
    ];
    expect(actionTable({ ...car, actions: own })).toBe(own);
  });
});

describe("carProblem", () => {
  it("accepts the usual car", () => expect(carProblem(car)).toBeNull());
  it("refuses too few and too many actions", () => {
    expect(carProblem({ ...car, steering_count: 1, speed_count: 1 })).toMatch("at least 2");
    expect(carProblem({ ...car, steering_count: 15, speed_count: 5 })).toMatch("75 actions");
  });
  it("refuses speeds the wrong way round, but only where they matter", () => {
    const crossed = { ...car, speed_min_mps: 3 };
    expect(carProblem(crossed)).toBeNull();
    expect(carProblem({ ...crossed, action_space_type: "continuous" })).toMatch("below");
  });
  it("names the bad row of an own table", () => {
    const own = [
      { steering_angle: 0, speed: 1 },
      { steering_angle: 0, speed: Number.NaN },
    ];
    expect(carProblem({ ...car, actions: own })).toMatch("Action 1");
  });
});

it("checks one action", () => {
  expect(actionProblem({ steering_angle: 31, speed: 1 })).toMatch("30 degrees");
  expect(actionProblem({ steering_angle: -30, speed: 4 })).toBeNull();
});

it("draws straight up and left to the left", () => {
  const up = polar({ steering_angle: 0, speed: 2 }, 100, 2);
  expect(up.x).toBeCloseTo(0);
  expect(up.y).toBeCloseTo(-100);
  expect(polar({ steering_angle: 20, speed: 1 }, 100, 2).x).toBeLessThan(0);
  expect(sectorPath({ ...car, action_space_type: "continuous" }, 100, 2)).toMatch(
    /^M-?[\d.]+ -?[\d.]+A100 100/,
  );
});

it("says steering in words", () => {
  expect([15, 0, -30].map(steeringText)).toEqual(["left 15°", "straight", "right 30°"]);
});
