import { expect, test } from "vitest";
import { brokerState, nameProblem, portProblem, traffic } from "./brokerText";

test("the broker is said to be what it is, not what it is wanted to be", () => {
  expect(brokerState({ on: true, state: "running" }).text).toBe("running");
  expect(brokerState({ on: true, state: "off" }).text).toBe("starting");
  expect(brokerState({ on: false, state: "running" }).text).toBe("stopping");
  expect(brokerState({ on: true, state: "failed" }).tone).toBe("bad");
});

test("traffic counts what waits only where something does", () => {
  expect(traffic({ messages: 1, waiting: 0 })).toBe("1 message since it was started");
  expect(traffic({ messages: 0, waiting: 2 })).toBe(
    "0 messages since it was started; 2 messages waiting for it",
  );
});

test("ports and names that won't do are told before they are sent", () => {
  for (const port of ["", "0", "65536", "1e3", "-1"]) expect(portProblem(port)).not.toBe("");
  expect(portProblem("1883")).toBe("");
  for (const name of ["", "a b", "-a", "a/b", "x".repeat(65)]) expect(nameProblem(name, [])).not.toBe("");
  expect(nameProblem("ha", ["ha"])).not.toBe("");
  expect(nameProblem("home-assistant", ["ha"])).toBe("");
});
