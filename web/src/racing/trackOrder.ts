// In which order tracks are shown. Pure functions.
import type { TrackView } from "@/api/types";

export type TrackOrder = "difficulty" | "length" | "title";

export const easyFirst = (tracks: readonly TrackView[]): TrackView[] => inOrder(tracks, "difficulty");

/** A sorted copy; tracks that are equally hard stand shortest first. */
export function inOrder(tracks: readonly TrackView[], order: TrackOrder): TrackView[] {
  return [...tracks].sort((a, b) => {
    if (order === "title") return a.title.localeCompare(b.title);
    if (order === "length") return a.length_m - b.length_m;
    return a.difficulty - b.difficulty || a.length_m - b.length_m;
  });
}
