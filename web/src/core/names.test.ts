import { expect, it } from "vitest";
import { nextName, proposeName } from "./names";

it("proposes a name that is not taken", () => {
  const numbers = [0, 0, 0.5, 0.5];
  let at = 0;
  const random = () => numbers[at++ % numbers.length] ?? 0;
  const first = proposeName([], random);
  at = 0;
  expect(proposeName([first.toUpperCase()], random)).not.toBe(first);
});

it("still finds a name when all pairs are refused", () => {
  expect(proposeName(["brisk otter"], () => 0)).toMatch(/^run 2 /);
});

it("numbers clones on", () => {
  expect(nextName("brisk otter", [])).toBe("brisk otter 2");
  expect(nextName("brisk otter 2", ["Brisk Otter 2", "brisk otter 3"])).toBe("brisk otter 4");
});
