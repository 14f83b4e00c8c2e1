// The computer's keys as a piano: two rows of letters, by their place on the board and not by what is printed on them,
// so that it feels the same on every layout. The lower row begins at C, the upper row an octave above.

const LOWER = [
  "KeyZ",
  "KeyS",
  "KeyX",
  "KeyD",
  "KeyC",
  "KeyV",
  "KeyG",
  "KeyB",
  "KeyH",
  "KeyN",
  "KeyJ",
  "KeyM",
  "Comma",
  "KeyL",
  "Period",
  "Semicolon",
  "Slash",
];
const UPPER = [
  "KeyQ",
  "Digit2",
  "KeyW",
  "Digit3",
  "KeyE",
  "KeyR",
  "Digit5",
  "KeyT",
  "Digit6",
  "KeyY",
  "Digit7",
  "KeyU",
  "KeyI",
  "Digit9",
  "KeyO",
  "Digit0",
  "KeyP",
];

const SEMITONES = new Map<string, number>([
  ...LOWER.map((code, i) => [code, i] as const),
  ...UPPER.map((code, i) => [code, i + 12] as const),
]);

export const LOWEST_OCTAVE = 0;
export const HIGHEST_OCTAVE = 8;

/** The pitch that a key of the computer's keyboard plays, or null; octave 4 begins at middle C. */
export function pitchOfKey(code: string, octave: number): number | null {
  const semitone = SEMITONES.get(code);
  if (semitone === undefined) return null;
  const pitch = (octave + 1) * 12 + semitone;
  return pitch <= 127 ? pitch : null;
}

/** The letter to print on a piano key, for a common layout. */
export function labelOfPitch(pitch: number, octave: number): string {
  const semitone = pitch - (octave + 1) * 12;
  const code = semitone < 12 ? LOWER[semitone] : UPPER[semitone - 12];
  if (!code) return "";
  const signs: Record<string, string> = { Comma: ",", Period: ".", Semicolon: ";", Slash: "/" };
  return signs[code] ?? code.replace(/Key|Digit/, "");
}
