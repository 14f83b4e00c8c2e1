// Two texts compared line by line, by their longest common subsequence. Pure.

export interface DiffRow {
  kind: "same" | "gone" | "new";
  text: string;
  /** Its number in the text before, null where it is new; and in the text after, null where it is gone. */
  before: number | null;
  after: number | null;
}

/** Beyond so many pairs of lines what lies between the common beginning and end counts as replaced altogether. */
const MOST_PAIRS = 4_000_000;

export function lineDiff(before: string, after: string): DiffRow[] {
  const [a, b] = [before.split("\n"), after.split("\n")];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const rows: DiffRow[] = [];
  let [i, j] = [0, 0];
  const same = () => rows.push({ kind: "same", text: a[i] ?? "", before: ++i, after: ++j });
  const gone = () => rows.push({ kind: "gone", text: a[i] ?? "", before: ++i, after: null });
  const fresh = () => rows.push({ kind: "new", text: b[j] ?? "", before: null, after: ++j });
  const [toA, toB] = [a.length - end, b.length - end];
  while (i < start) same();
  const common = lengths(a.slice(start, toA), b.slice(start, toB));
  while (i < toA || j < toB) {
    const [x, y] = [i - start, j - start];
    if (i < toA && j < toB && a[i] === b[j] && common(x, y) > 0) same();
    else if (j >= toB || (i < toA && common(x + 1, y) >= common(x, y + 1))) gone();
    else fresh();
  }
  while (i < a.length) same();
  return rows;
}

/** The length of the longest common subsequence of what follows line x of a and line y of b. */
function lengths(a: string[], b: string[]): (x: number, y: number) => number {
  const width = b.length + 1;
  if (a.length * b.length > MOST_PAIRS) return () => 0;
  const table = new Uint32Array((a.length + 1) * width);
  const at = (x: number, y: number) => table[x * width + y] ?? 0;
  for (let x = a.length - 1; x >= 0; x--)
    for (let y = b.length - 1; y >= 0; y--)
      table[x * width + y] = a[x] === b[y] ? at(x + 1, y + 1) + 1 : Math.max(at(x + 1, y), at(x, y + 1));
  return at;
}

/** The rows near a change, in groups; what is the same on both sides for long is left out between them. */
export function nearChanges(rows: readonly DiffRow[], around = 3): DiffRow[][] {
  const groups: DiffRow[][] = [];
  let last = -Infinity;
  rows.forEach((row, at) => {
    const near = rows.slice(Math.max(0, at - around), at + around + 1).some(({ kind }) => kind !== "same");
    if (!near) return;
    if (at !== last + 1) groups.push([]);
    groups.at(-1)?.push(row);
    last = at;
  });
  return groups;
}
