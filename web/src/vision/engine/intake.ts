// What a person chose or dropped, put in order before it is sent. Pure functions.

import type { Picked } from "@/core/picked";

const MOST_FILES = 60_000; // of one zip, which holds 65,535
const MOST_BYTES = 3_500_000_000; // of one zip, which holds 4 GB

const isJunk = (name: string) =>
  name.split("/").some((part) => part.startsWith(".") || part === "__MACOSX") ||
  /(^|\/)(thumbs\.db|desktop\.ini)$/i.test(name);

/** Without what systems leave behind; where one folder holds all the class folders, its own name goes too. */
export function arranged(picked: readonly Picked[]): Picked[] {
  const kept = picked.filter((one) => !isJunk(one.name));
  const first = kept[0]?.name.split("/")[0];
  const outer =
    kept.length > 0 &&
    kept.every((one) => one.name.startsWith(`${first}/`)) &&
    kept.some((one) => one.name.split("/").length > 2);
  return outer ? kept.map((one) => ({ ...one, name: one.name.split("/").slice(1).join("/") })) : kept;
}

/** Parts that fit into one zip each. */
export function parts(picked: readonly Picked[], mostFiles = MOST_FILES, mostBytes = MOST_BYTES): Picked[][] {
  const found: Picked[][] = [];
  let bytes = 0;
  for (const one of picked) {
    let last = found.at(-1);
    if (!last || last.length >= mostFiles || bytes + one.file.size > mostBytes) {
      last = [];
      found.push(last);
      bytes = 0;
    }
    last.push(one);
    bytes += one.file.size;
  }
  return found;
}

/** What a project may be called that begins with these: letters, digits, dots, dashes and underscores. */
export function projectName(text: string, taken: readonly string[]): string {
  const plain =
    text
      .normalize("NFKD")
      .replace(/[^\w .-]+/g, "")
      .trim()
      .replace(/\s+/g, "-")
      .replace(/^[^A-Za-z0-9]+/, "")
      .slice(0, 56) || "photos";
  for (let n = 1; ; n++) {
    const name = n === 1 ? plain : `${plain}-${n}`;
    if (!taken.some((other) => other.toLowerCase() === name.toLowerCase())) return name;
  }
}

export const isProjectName = (text: string) => /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(text);
