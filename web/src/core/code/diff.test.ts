import { expect, it } from "vitest";
import { type DiffRow, lineDiff, nearChanges } from "./diff";

const side = (rows: DiffRow[], without: DiffRow["kind"]) =>
  rows
    .filter(({ kind }) => kind !== without)
    .map(({ text }) => text)
    .join("\n");
const signs = (rows: DiffRow[]) =>
  rows.map(({ kind }) => ({ same: "=", gone: "-", new: "+" })[kind]).join("");

it("says which lines are gone and which are new, with their numbers", () => {
  const rows = lineDiff("a\nb\nc\nd", "a\nc\nx\nd");
  expect(signs(rows)).toBe("=-=+=");
  expect(rows.map(({ before, after }) => [before, after])).toEqual([
    [1, 1],
    [2, null],
    [3, 2],
    [null, 3],
    [4, 4],
  ]);
});

it("holds both texts whole, and no more changes than a common subsequence asks for", () => {
  const letters = (seed: number, n: number) =>
    Array.from({ length: n }, (_, k) => "abcd"[Math.floor(97 * Math.sin(seed * 31 + k * 7.3) ** 2) % 4]).join(
      "\n",
    );
  for (let seed = 1; seed < 60; seed++) {
    const [a, b] = [letters(seed, seed % 9), letters(seed + 100, (seed * 5) % 11)];
    const rows = lineDiff(a, b);
    expect([side(rows, "new"), side(rows, "gone")]).toEqual([a, b]);
    expect(rows.filter(({ kind }) => kind === "same").length).toBe(common(a.split("\n"), b.split("\n")));
  }
});

/** By trying everything: take the first of both, or leave one out. */
function common(a: string[], b: string[]): number {
  if (a.length === 0 || b.length === 0) return 0;
  const [x, y] = [a.slice(1), b.slice(1)];
  return a[0] === b[0] ? 1 + common(x, y) : Math.max(common(x, b), common(a, y));
}

it("shows the neighbourhood of each change", () => {
  const before = Array.from({ length: 30 }, (_, k) => `line ${k}`).join("\n");
  const rows = lineDiff(before, before.replace("line 4\n", "line four\n").replace("line 20\n", ""));
  expect(nearChanges(rows, 2).map(signs)).toEqual(["==-+==", "==-=="]);
  expect(nearChanges(lineDiff(before, before))).toEqual([]);
});
