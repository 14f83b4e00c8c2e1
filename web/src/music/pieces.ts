// How a kept composition is told in words.
import type { CompositionSummary } from "@/api/music";

const TECHNIQUES: Record<string, string> = {
  tune: "Sample melody",
  recording: "Own notes",
  import: "Imported",
  edit: "Edited",
  arcnn: "AR-CNN",
  gan: "GAN",
  transformer: "Transformer",
};

export function techniqueName(technique: string): string {
  return TECHNIQUES[technique] ?? technique;
}

/** "Edited, 3 Nov, 14:05": tells steps of one piece apart. */
export function stepName(step: Pick<CompositionSummary, "technique" | "created_at">): string {
  const when = new Date(step.created_at * 1000);
  const day = when.toLocaleDateString("en", { day: "numeric", month: "short" });
  const time = when.toLocaleTimeString("en", { hour: "2-digit", minute: "2-digit", hour12: false });
  return `${techniqueName(step.technique)}, ${day}, ${time}`;
}

/** Every step below the one that it was made from, oldest first, and how deep it lies. */
export function treeOf<Step extends Pick<CompositionSummary, "id" | "parent" | "created_at">>(
  steps: readonly Step[],
): { step: Step; depth: number }[] {
  const known = new Set(steps.map((step) => step.id));
  const children = new Map<string | null, Step[]>();
  for (const step of [...steps].sort((a, b) => a.created_at - b.created_at)) {
    const above = step.parent && known.has(step.parent) ? step.parent : null; // a deleted step leaves its children on top
    children.set(above, [...(children.get(above) ?? []), step]);
  }
  const below = (parent: string | null, depth: number): { step: Step; depth: number }[] =>
    (children.get(parent) ?? []).flatMap((step) => [{ step, depth }, ...below(step.id, depth + 1)]);
  return below(null, 0);
}

/** Seed, model and settings of a step: one line, and all of them by name. */
export function madeWith(step: Pick<CompositionSummary, "seed" | "model" | "settings">): {
  short: string;
  all: [string, string][];
} {
  const all: [string, string][] = [];
  if (step.seed !== null) all.push(["seed", String(step.seed)]);
  if (step.model) all.push(["model", modelName(step.model)]);
  const short = all.map((pair) => pair.join(" ")).join(", ");
  for (const [name, value] of Object.entries(step.settings ?? {}).flatMap(settingsOf))
    if (value !== null && value !== "" && !(Array.isArray(value) && value.length === 0))
      all.push([
        name.replaceAll("_", " "),
        typeof value === "object" ? JSON.stringify(value) : String(value),
      ]);
  return { short: short || (all.length > 0 ? "settings" : ""), all };
}

/** A technique's settings stand under its name; those of a file or a tune on their own. */
const settingsOf = ([name, value]: [string, unknown]): [string, unknown][] =>
  value !== null && typeof value === "object" && !Array.isArray(value)
    ? Object.entries(value)
    : [[name, value]];

/** A model's name; the models in the package have one that only programs need. */
export function modelName(model: string): string {
  return model.endsWith("-default") ? "in the package" : model;
}

export function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** A file name that every system takes. */
export function fileName(title: string, ending: string): string {
  const plain = title
    .normalize("NFKD")
    .replace(/[^\w -]+/g, "")
    .trim()
    .replace(/\s+/g, "-");
  return `${plain.slice(0, 60) || "composition"}.${ending}`;
}
