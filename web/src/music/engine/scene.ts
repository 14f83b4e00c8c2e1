// What is drawn of the roll, where its parts lie, and in which colours.
import type { Changes } from "./changes";
import type { Score } from "./document";
import type { Ids } from "./edits";
import type { Pixels } from "./pixels";
import type { Loop } from "./scheduler";
import type { KeyTransform, TickTransform } from "./transform";

export interface Palette {
  background: string;
  blackRow: string;
  offScale: string;
  line: string;
  barLine: string;
  text: string;
  strong: string;
  accent: string;
  loop: string;
  /** What a technique put in and took away. */
  added: string;
  removed: string;
  whiteKey: string;
  blackKey: string;
  keyText: string;
  /** For each track its shades from the softest to the loudest. Opaque, so that no grid line shines through. */
  tracks: readonly (readonly string[])[];
  font: string;
}

/** Where the parts of the roll lie on the canvas, in CSS pixels. */
export interface Layout {
  width: number;
  height: number;
  keys: number;
  ruler: number;
  lane: number;
}

export interface Scene {
  layout: Layout;
  ticks: TickTransform;
  keys: KeyTransform;
  score: Score;
  track: string;
  selection: Ids;
  /** Ticks between grid lines; 0 for none. */
  grid: number;
  scale: readonly boolean[] | null;
  ghosts: boolean;
  loop: Loop | null;
  held: ReadonlySet<number>;
  /** What a technique has done so far; null while the piece is edited by hand. */
  changes: Changes | null;
  palette: Palette;
  /** Where many notes are painted at once; null draws each by itself. */
  crowd: Crowd | null;
}

/** The pictures that many notes and their bars in the lane are painted into, and the screen's pixels to a CSS pixel. */
export interface Crowd {
  notes: Pixels;
  lane: Pixels;
  ratio: number;
}

export const gridHeight = (layout: Layout): number => layout.height - layout.ruler - layout.lane;
export const SHADES = 8;
/** Louder notes are fuller in colour; few shades are enough for the eye. */
export const shadesOf = (palette: Palette, index: number) =>
  palette.tracks[index % palette.tracks.length] as readonly string[];
export const colourOf = (palette: Palette, index: number) => shadesOf(palette, index)[SHADES - 1] as string;
export const shadeOf = (velocity: number) => Math.min(SHADES - 1, Math.floor(velocity / (128 / SHADES)));
