// What a person chose or dropped, put in order before it is sent. Pure functions.

import { plainName } from "@/core/names";
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

export const isZip = (name: string) => /\.zip$/i.test(name);

/** Parts that fit into one zip each; what is a zip already stays one. */
export function parts(picked: readonly Picked[], mostFiles = MOST_FILES, mostBytes = MOST_BYTES): Picked[][] {
  const found: Picked[][] = [];
  let bytes = 0;
  for (const one of picked.filter(({ name }) => !isZip(name))) {
    let last = found.at(-1);
    if (!last || last.length >= mostFiles || bytes + one.file.size > mostBytes) {
      last = [];
      found.push(last);
      bytes = 0;
    }
    last.push(one);
    bytes += one.file.size;
  }
  return [...found, ...picked.filter(({ name }) => isZip(name)).map((zip) => [zip])];
}

/** What a project may be called that begins with these. */
export const projectName = (text: string, taken: readonly string[]): string =>
  plainName(text, taken, "photos");

export const isProjectName = (text: string) => /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(text);
