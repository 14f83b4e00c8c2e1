// Training sets in plain words: what to call one, which files to send, what its report says. Pure functions.
import type { SetReport, SetSummary } from "@/api/training";
import { grouped, percent, plural } from "@/core/format";
import { plainName } from "@/core/names";

const ENDINGS = /\.(mid|midi|kar|rmi|xml|musicxml|mxl|abc|npy|npz|zip)$/i;
export const ACCEPTED = ".mid,.midi,.kar,.rmi,.xml,.musicxml,.mxl,.abc,.npy,.npz,.zip";
/** One file that may hold a whole folder or many pieces goes as it is. */
const HOLDS_MANY = /\.(zip|npz|npy|abc)$/i;
export const MOST_BYTES = 200_000_000;
export const MOST_FILES = 20_000;

export interface Chosen {
  name: string;
  size: number;
}

export const isMusic = (name: string): boolean =>
  ENDINGS.test(name) && !name.split("/").some((part) => part.startsWith(".") || part === "__MACOSX");

export const goesAlone = (files: readonly Chosen[]): boolean =>
  files.length === 1 && HOLDS_MANY.test(files[0]?.name ?? "");

/** What stands in the way of sending these files, as a sentence; empty if nothing does. */
export function obstacle(all: readonly Chosen[], music: readonly Chosen[]): string {
  if (all.length === 0) return "Choose files, a folder or a zip file.";
  if (music.length === 0) {
    const such = all[0] ? ` (such as ${all[0].name.split("/").at(-1)})` : "";
    return `None of ${all.length === 1 ? "it" : `these ${grouped(all.length)} files`} is a file of notes${such}. Trivium reads MIDI, MusicXML, ABC and .npy or .npz rolls.`;
  }
  if (music.length === 1 && !goesAlone(music))
    return "One piece is too little: a model learns from many. Choose a folder of them.";
  if (music.length > MOST_FILES)
    return `These are ${grouped(music.length)} files; a set may have ${grouped(MOST_FILES)}.`;
  const size = music.reduce((sum, file) => sum + file.size, 0);
  return size > MOST_BYTES
    ? `Together they are larger than ${MOST_BYTES / 1e6} MB. Choose a part of them.`
    : "";
}

/** What to call a set that is made from a folder or a file. */
export const setName = (wish: string, taken: readonly string[]): string =>
  plainName(wish.replace(/\.[A-Za-z0-9]{2,9}$/, ""), taken, "music");

/** "220 pieces to learn from, 24 to check with, 27 kept for the end". */
export function splitText(set: Pick<SetSummary, "counts">): string {
  const of = (split: string) => set.counts[split]?.pieces ?? 0;
  return `${plural(of("train"), "piece")} to learn from, ${grouped(of("valid"))} to check with, ${grouped(of("test"))} kept for the end`;
}

export const sizeText = (set: Pick<SetSummary, "counts">): string =>
  `${plural(set.counts.all?.pieces ?? 0, "piece")}, ${plural(set.counts.all?.notes ?? 0, "note")}`;

/** What was found while the set was made, a sentence each. */
export function reportLines(report: SetReport): string[] {
  const { counts } = report;
  const total = counts.all?.pieces ?? 0;
  const four = counts.all?.four_part ?? 0;
  const tunes = counts.all?.tunes ?? 0;
  const leak = report.leak.find((row) => row.steps === 32);
  const lines = [
    report.files > 0
      ? `${plural(report.files, "file")} read, ${report.failed.length > 0 ? `${grouped(report.failed.length)} of them not readable` : "all of them readable"}.`
      : "Made by Trivium's own rules, so there are no files.",
    four > 0 || tunes === 0
      ? `${grouped(four)} of ${grouped(total)} pieces have four separate voices; the Transformer learns from these, the AR-CNN and the GAN from all.`
      : `${grouped(tunes)} of ${grouped(total)} pieces are tunes of one voice; the Transformer and the AR-CNN learn from these, and there is no accompaniment for the GAN.`,
    ...twinsText(report),
    `${percent(100 * report.moved, 1)} of the notes were moved by more than a 64th to reach the grid of sixteenths.`,
  ];
  if (leak && leak.valid !== null)
    lines.push(
      `${percent(100 * leak.valid, 1)} of the two-bar passages in the pieces to check with also stand in those to learn from, in any key. In Bach's chorales it is ${percent(100 * leak.bach_valid, 1)}.`,
    );
  return lines;
}

/** What there is twice; nothing where every piece is its own. */
function twinsText(report: SetReport): string[] {
  const same = report.duplicates.length;
  const near = report.near_duplicates;
  return [
    ...(same ? [`${plural(same, "piece was", "pieces were")} the same as another and left out.`] : []),
    ...(near
      ? [
          `${plural(near, "pair of pieces has", "pairs of pieces have")} much in common and stand on the same side of the split.`,
        ]
      : []),
    ...(same + near ? [] : ["No piece is there twice, in whatever key."]),
  ];
}

/** "120 of 400 files read ..." as a share; null where no end is told. */
export function shareDone(text: string): number | null {
  const found = /^(\d+) of (\d+) /.exec(text);
  return found ? Number(found[1]) / Math.max(1, Number(found[2])) : null;
}
