// Names that a new run is offered: easy to say, easy to tell apart in a list.

const MANNERS = [
  "brisk",
  "calm",
  "bold",
  "swift",
  "keen",
  "sunny",
  "steady",
  "bright",
  "nimble",
  "quiet",
  "merry",
  "plucky",
];
const ANIMALS = [
  "otter",
  "heron",
  "fox",
  "lynx",
  "swift",
  "hare",
  "badger",
  "falcon",
  "marten",
  "stoat",
  "finch",
  "gecko",
];

/** "brisk otter" and so on; `random` gives numbers in [0, 1). A name already taken is passed over while others are left. */
export function proposeName(taken: readonly string[], random: () => number = Math.random): string {
  const used = new Set(taken.map((name) => name.toLowerCase()));
  for (let attempt = 0; attempt < 60; attempt += 1) {
    const name = `${pick(MANNERS, random)} ${pick(ANIMALS, random)}`;
    if (!used.has(name) && !repeats(name)) return name;
  }
  return `run ${taken.length + 1} ${Math.floor(random() * 1e6).toString(36)}`;
}

/** A clone says whose clone it is: "brisk otter 2", then 3. */
export function nextName(name: string, taken: readonly string[]): string {
  const used = new Set(taken.map((other) => other.toLowerCase()));
  const stem = name.replace(/ \d+$/, "");
  for (let n = 2; ; n += 1) {
    const candidate = `${stem} ${n}`;
    if (!used.has(candidate.toLowerCase())) return candidate;
  }
}

function pick(words: readonly string[], random: () => number): string {
  return words[Math.floor(random() * words.length)] ?? words[0] ?? "run";
}

function repeats(name: string): boolean {
  const [a, b] = name.split(" ");
  return a === b;
}

/** A name that the server takes, from that of a folder or file or what was typed: letters, digits, dots, dashes and
 * underscores; with a number where it is taken. */
export function plainName(wish: string, taken: readonly string[], otherwise: string): string {
  const plain = wish
    .normalize("NFKD")
    .replaceAll(/\p{M}+/gu, "")
    .replaceAll(/[^A-Za-z0-9_.-]+/g, "-")
    .replaceAll(/^[^A-Za-z0-9]+|-+$/g, "")
    .slice(0, 56);
  const stem = plain || otherwise;
  const used = new Set(taken.map((other) => other.toLowerCase()));
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? stem : `${stem}-${n}`;
    if (!used.has(name.toLowerCase())) return name;
  }
}
