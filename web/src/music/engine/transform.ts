// Between the roll's own measures (ticks, pitches) and the screen's (CSS pixels). Time runs right, pitch runs up.

export const KEYS = 128;

export class TickTransform {
  constructor(
    readonly pixelsPerTick: number,
    /** The tick at the left edge. */
    readonly scroll: number,
  ) {}

  x(tick: number): number {
    return (tick - this.scroll) * this.pixelsPerTick;
  }

  tick(x: number): number {
    return x / this.pixelsPerTick + this.scroll;
  }

  /** Zoomed by `factor`, with the tick under `x` staying where it is. */
  zoomed(factor: number, x: number): TickTransform {
    const scale = Math.min(MAX_PIXELS_PER_TICK, Math.max(MIN_PIXELS_PER_TICK, this.pixelsPerTick * factor));
    return new TickTransform(scale, Math.max(0, this.tick(x) - x / scale));
  }
}

export const MIN_PIXELS_PER_TICK = 0.002;
export const MAX_PIXELS_PER_TICK = 1.5;

export class KeyTransform {
  constructor(
    readonly keyHeight: number,
    /** The place of the top edge, in keys below pitch 127. */
    readonly scroll: number,
  ) {}

  /** The upper edge of the row of `pitch`. */
  y(pitch: number): number {
    return (KEYS - 1 - pitch - this.scroll) * this.keyHeight;
  }

  pitch(y: number): number {
    return KEYS - 1 - Math.floor(y / this.keyHeight + this.scroll);
  }

  clamped(height: number): KeyTransform {
    const most = Math.max(0, KEYS - height / this.keyHeight);
    return new KeyTransform(this.keyHeight, Math.min(most, Math.max(0, this.scroll)));
  }

  zoomed(factor: number, y: number, height: number): KeyTransform {
    const tall = Math.min(40, Math.max(6, this.keyHeight * factor));
    const scroll = this.scroll + y / this.keyHeight - y / tall;
    return new KeyTransform(tall, scroll).clamped(height);
  }
}

const BLACK = new Set([1, 3, 6, 8, 10]);
const LETTERS = ["C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B"];

export const isBlack = (pitch: number): boolean => BLACK.has(pitch % 12);
/** Middle C, pitch 60, is C4. */
export const pitchName = (pitch: number): string => `${LETTERS[pitch % 12]}${Math.floor(pitch / 12) - 1}`;

export interface Scale {
  id: string;
  label: string;
  steps: readonly number[];
}

export const SCALES: readonly Scale[] = [
  { id: "none", label: "No scale", steps: [] },
  { id: "major", label: "Major", steps: [0, 2, 4, 5, 7, 9, 11] },
  { id: "minor", label: "Minor", steps: [0, 2, 3, 5, 7, 8, 10] },
  { id: "harmonic", label: "Harmonic minor", steps: [0, 2, 3, 5, 7, 8, 11] },
  { id: "dorian", label: "Dorian", steps: [0, 2, 3, 5, 7, 9, 10] },
  { id: "mixolydian", label: "Mixolydian", steps: [0, 2, 4, 5, 7, 9, 10] },
  { id: "pentatonic", label: "Pentatonic", steps: [0, 2, 4, 7, 9] },
  { id: "blues", label: "Blues", steps: [0, 3, 5, 6, 7, 10] },
];
export const TONICS = LETTERS;

/** Twelve flags by pitch class, or null when no scale is chosen. */
export function scaleMask(scale: string, tonic: number): readonly boolean[] | null {
  const steps = SCALES.find((one) => one.id === scale)?.steps ?? [];
  if (steps.length === 0) return null;
  return Array.from({ length: 12 }, (_, pitch) => steps.includes((pitch - tonic + 12) % 12));
}
