// What the keys of the box editor mean. Pure functions.
import { classOf } from "../engine/history";

export type Command =
  | { kind: "class"; label: string }
  | { kind: "nudge"; dx: number; dy: number; grow: boolean }
  | { kind: "move"; by: 1 | -1 }
  | { kind: "cycle"; by: 1 | -1 }
  | { kind: "zoom"; factor: number }
  | {
      kind:
        | "remove"
        | "undo"
        | "redo"
        | "copy"
        | "paste"
        | "nothing"
        | "next"
        | "fit"
        | "draw"
        | "deselect"
        | "accept"
        | "acceptAll";
    };
export interface Pressed {
  key: string;
  ctrl: boolean;
  shift: boolean;
  /** Whether a box is selected: then arrows move it instead of going to another photo. */
  selected: boolean;
  /** Whether the photo itself has the keyboard: elsewhere Tab goes on through the page. */
  onPhoto: boolean;
}
const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
const PLAIN: Record<string, Command> = {
  Delete: { kind: "remove" },
  Backspace: { kind: "remove" },
  Enter: { kind: "next" },
  PageDown: { kind: "move", by: 1 },
  PageUp: { kind: "move", by: -1 },
  Escape: { kind: "deselect" },
  u: { kind: "undo" },
  r: { kind: "redo" },
  n: { kind: "nothing" },
  b: { kind: "draw" },
  a: { kind: "accept" },
  m: { kind: "acceptAll" },
  f: { kind: "fit" },
  "+": { kind: "zoom", factor: 1.4 },
  "=": { kind: "zoom", factor: 1.4 },
  "-": { kind: "zoom", factor: 1 / 1.4 },
};
const FAST = 10;

export function commandOf(pressed: Pressed, classes: readonly string[]): Command | undefined {
  const { key, ctrl, shift, selected, onPhoto } = pressed;
  const arrow = ARROWS[key];
  if (arrow && (selected || ctrl)) {
    const step = shift ? FAST : 1;
    return selected ? { kind: "nudge", dx: arrow[0] * step, dy: arrow[1] * step, grow: ctrl } : undefined;
  }
  if (ctrl) return withControl(key.toLowerCase(), shift);
  if (key === "ArrowLeft" || key === "ArrowRight") return { kind: "move", by: key === "ArrowRight" ? 1 : -1 };
  if (key === "Tab") return onPhoto ? { kind: "cycle", by: shift ? -1 : 1 } : undefined;
  const label = classOf(key, classes);
  return label === undefined ? PLAIN[key] : { kind: "class", label };
}

function withControl(key: string, shift: boolean): Command | undefined {
  if (key === "z") return { kind: shift ? "redo" : "undo" };
  if (key === "y") return { kind: "redo" };
  if (key === "c") return { kind: "copy" };
  if (key === "v") return { kind: "paste" };
  return undefined;
}
