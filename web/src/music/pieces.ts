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
