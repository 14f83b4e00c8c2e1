// Why a box is there, in words. Pure.
import type { BoxPhoto, FoundBox } from "@/api/boxScores";
import { percent, plural } from "@/core/format";

const WHY: Record<FoundBox["kind"], (box: FoundBox) => string> = {
  hit: () => "",
  confused: (box) => `is ${box.there}`,
  loose: () => "fits badly",
  double: () => "found twice",
  false: () => "nothing there",
};

/** "apple 87 %", and why where it is wrong. */
export function said(box: FoundBox): string {
  const why = WHY[box.kind](box);
  return `${box.label} ${percent(100 * box.confidence)}${why ? `: ${why}` : ""}`;
}

/** What of a photo was found, missed and wrong. */
export function tally(photo: BoxPhoto): string {
  const hits = photo.found.filter((box) => box.kind === "hit").length;
  const wrong = photo.found.length - hits;
  const missed = photo.drawn.filter((box) => !box.found && box.said === null).length;
  const parts = [
    photo.drawn.length ? `${hits} of ${photo.drawn.length} found` : "nothing is drawn",
    missed ? `${missed} missed` : "",
    wrong ? plural(wrong, "wrong box", "wrong boxes") : "",
  ];
  return parts.filter(Boolean).join(", ");
}
