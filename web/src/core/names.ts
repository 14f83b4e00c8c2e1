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
