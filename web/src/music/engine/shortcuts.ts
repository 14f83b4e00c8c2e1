// What a key does on the roll. Pure, so that the help text, the tests and the roll cannot disagree.

export type Action =
  | { kind: "walk"; step: 1 | -1 }
  | { kind: "leave" }
  | { kind: "arrow"; x: -1 | 0 | 1; y: -1 | 0 | 1; far: boolean }
  | { kind: "stretch"; by: 1 | -1 }
  | { kind: "louder"; by: number }
  | { kind: "insert" | "delete" | "all" | "copy" | "cut" | "paste" | "duplicate" | "undo" | "redo" }
  | { kind: "quantise" | "pin" | "loop" | "split" | "legato" | "play" | "home" | "end" | "help" }
  | { kind: "tool"; tool: "draw" | "select" | "erase" }
  | { kind: "zoom"; by: 1 | -1 };

export interface Key {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
}

const ARROWS: Record<string, readonly [-1 | 0 | 1, -1 | 0 | 1]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

const WITH_CONTROL: Record<string, Action> = {
  a: { kind: "all" },
  c: { kind: "copy" },
  x: { kind: "cut" },
  v: { kind: "paste" },
  d: { kind: "duplicate" },
  z: { kind: "undo" },
  y: { kind: "redo" },
};

const PLAIN: Record<string, Action> = {
  Escape: { kind: "leave" },
  Enter: { kind: "insert" },
  Insert: { kind: "insert" },
  Delete: { kind: "delete" },
  Backspace: { kind: "delete" },
  " ": { kind: "play" },
  Home: { kind: "home" },
  End: { kind: "end" },
  "+": { kind: "zoom", by: 1 },
  "=": { kind: "zoom", by: 1 },
  "-": { kind: "zoom", by: -1 },
  "[": { kind: "louder", by: -8 },
  "]": { kind: "louder", by: 8 },
  "?": { kind: "help" },
};

/** Letters play notes while the computer's keyboard is a piano; then they are no shortcuts. */
const LETTERS: Record<string, Action> = {
  q: { kind: "quantise" },
  p: { kind: "pin" },
  l: { kind: "loop" },
  s: { kind: "split" },
  g: { kind: "legato" },
  "1": { kind: "tool", tool: "draw" },
  "2": { kind: "tool", tool: "select" },
  "3": { kind: "tool", tool: "erase" },
};

export function actionOf(event: Key, lettersPlay = false): Action | null {
  const control = event.ctrlKey || event.metaKey;
  const letter = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (control) {
    if (event.altKey) return null;
    if (letter === "z" && event.shiftKey) return { kind: "redo" };
    return WITH_CONTROL[letter] ?? null;
  }
  if (event.key === "Tab") return { kind: "walk", step: event.shiftKey ? -1 : 1 };
  const arrow = ARROWS[event.key];
  if (arrow) {
    const [x, y] = arrow;
    if (event.shiftKey && x !== 0) return { kind: "stretch", by: x };
    if (event.altKey) return null;
    return { kind: "arrow", x, y, far: event.shiftKey };
  }
  if (event.altKey) return null;
  return PLAIN[event.key] ?? (lettersPlay ? null : (LETTERS[letter] ?? null));
}

export const SHORTCUTS: readonly (readonly [string, string])[] = [
  ["Tab, Shift+Tab", "next or previous note; past the last one it leaves the roll"],
  ["Arrow keys", "move the selected notes by the grid or a semitone; without a selection, move the cursor"],
  ["Shift+Up, Shift+Down", "by an octave"],
  ["Shift+Left, Shift+Right", "shorter or longer"],
  ["Enter", "put a note at the cursor"],
  ["Delete", "delete the selected notes"],
  ["[ and ]", "softer and louder"],
  ["Ctrl+A, C, X, V, D", "select all, copy, cut, paste at the cursor, duplicate"],
  ["Ctrl+Z, Ctrl+Shift+Z", "undo and redo, without end"],
  ["Q, P, L, S, G", "quantise, pin, loop the selection, split at the cursor, legato"],
  ["1, 2, 3", "draw, select, erase"],
  ["Space", "play or stop"],
  ["Home, End", "to the beginning, to the end"],
  ["+ and −", "zoom in time; the wheel with Ctrl does the same, with Ctrl+Shift in pitch"],
  ["Escape", "select nothing"],
  ["Dragging with Alt", "off the grid; with Ctrl a copy; with Shift a box"],
];
