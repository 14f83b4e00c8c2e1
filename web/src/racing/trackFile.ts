// Before a track file is sent: its proposed name, and refusals that need no server. Pure functions.

export const MAX_TRACK_BYTES = 8_000_000;

/** "My_Track-2.npy" proposes "My Track 2". */
export function trackName(fileName: string): string {
  const stem = fileName.replace(/^.*[\\/]/, "").replace(/\.[a-z0-9]+$/i, "");
  return stem.replaceAll(/[_-]+/g, " ").replaceAll(/\s+/g, " ").trim().slice(0, 60) || "My track";
}

/** Why a file cannot be a track, as a sentence and what to do, or null. */
export function fileProblem(file: { name: string; size: number }): { message: string; hint: string } | null {
  if (!/\.npy$/i.test(file.name)) {
    return {
      message: `“${file.name}” is not a track file.`,
      hint: "Community tracks end in .npy: a NumPy array with six columns (centre, inner and outer border).",
    };
  }
  if (file.size === 0)
    return { message: "This file is empty.", hint: "Download it again, then choose it once more." };
  if (file.size > MAX_TRACK_BYTES) {
    return {
      message: "This file is larger than 8 MB.",
      hint: "A track has a few hundred points and about 10 kB.",
    };
  }
  return null;
}
