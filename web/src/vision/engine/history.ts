// What was labelled and removed, step by step, so that it can be taken back. Pure, without the page.
import type { LabelChange, PhotoView } from "@/api/vision";

export interface Step {
  /** The photos as they were. */
  before: PhotoView[];
  /** As they were after it; empty where they were removed. */
  after: PhotoView[];
}

export class History {
  private steps: Step[] = [];
  private readonly most = 500;

  get length(): number {
    return this.steps.length;
  }

  push(step: Step): void {
    if (step.before.length === 0) return;
    this.steps = [...this.steps, step].slice(-this.most);
  }

  pop(): Step | undefined {
    const step = this.steps.at(-1);
    this.steps = this.steps.slice(0, -1);
    return step;
  }
}

/** The changes that take a step of labelling back; a photo that somebody has changed since will be refused. */
export function takingBack(step: Step): LabelChange[] {
  const now = new Map(step.after.map((photo) => [photo.sha256, photo.version]));
  return step.before
    .filter((photo) => now.has(photo.sha256))
    .map((photo) => ({ sha256: photo.sha256, label: photo.label, version: now.get(photo.sha256) }));
}

const DIGITS = "1234567890";

/** The key that labels with the class at `index`, if it has one. */
export const keyOf = (index: number): string | undefined => DIGITS[index];

/** The class that a key labels with. */
export function classOf(key: string, classes: readonly string[]): string | undefined {
  const index = DIGITS.indexOf(key);
  return key.length === 1 && index >= 0 ? classes[index] : undefined;
}
