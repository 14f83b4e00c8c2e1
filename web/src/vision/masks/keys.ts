// What the keys of the mask editor mean. Pure functions.
import { classOf } from "../engine/history";

export type Tool = "brush" | "polygon" | "fill" | "wand";
export type Command =
  | { kind: "class"; label: string }
  | { kind: "tool"; tool: Tool }
  | { kind: "size"; by: 1 | -1 }
  | { kind: "zoom"; factor: number }
  | { kind: "move"; by: 1 | -1 }
  | {
      kind:
        | "erase"
        | "unsure"
        | "over"
        | "opacity"
        | "undo"
        | "redo"
        | "nothing"
        | "next"
        | "close"
        | "remove"
        | "cancel"
        | "suggest"
        | "fit";
    };
export interface Pressed {
  key: string;
  ctrl: boolean;
  shift: boolean;
  /** Points of the polygon that is being drawn. */
  points: number;
}
const PLAIN: Record<string, Command> = {
  b: { kind: "tool", tool: "brush" },
  p: { kind: "tool", tool: "polygon" },
  g: { kind: "tool", tool: "fill" },
  w: { kind: "tool", tool: "wand" },
  e: { kind: "erase" },
  q: { kind: "unsure" },
  l: { kind: "over" },
  o: { kind: "opacity" },
  "[": { kind: "size", by: -1 },
  "]": { kind: "size", by: 1 },
  "+": { kind: "zoom", factor: 1.4 },
  "=": { kind: "zoom", factor: 1.4 },
  "-": { kind: "zoom", factor: 1 / 1.4 },
  f: { kind: "fit" },
  u: { kind: "undo" },
  r: { kind: "redo" },
  n: { kind: "nothing" },
  m: { kind: "suggest" },
  Enter: { kind: "next" },
  PageDown: { kind: "move", by: 1 },
  PageUp: { kind: "move", by: -1 },
  ArrowRight: { kind: "move", by: 1 },
  ArrowLeft: { kind: "move", by: -1 },
};
/** While a polygon is drawn, some keys belong to it. */
const DRAWING: Record<string, Command> = {
  Enter: { kind: "close" },
  Backspace: { kind: "remove" },
  Delete: { kind: "remove" },
  u: { kind: "remove" },
  Escape: { kind: "cancel" },
};

export function commandOf(
  { key, ctrl, shift, points }: Pressed,
  classes: readonly string[],
): Command | undefined {
  if (ctrl) {
    const letter = key.toLowerCase();
    if (letter === "y" || (letter === "z" && shift)) return { kind: "redo" };
    if (letter === "z") return { kind: points ? "remove" : "undo" };
    return undefined;
  }
  const label = classOf(key, classes);
  if (label !== undefined) return { kind: "class", label };
  return (points ? DRAWING[key] : undefined) ?? PLAIN[key];
}
