// What was labelled and removed, step by step, so that it can be taken back. Pure, without the page.
import type { PhotoView } from "@/api/vision";

/** A photo, and the label that it is to get. */
export interface Wanted {
  photo: PhotoView;
  wanted: string | null;
}

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

/** What takes a step of labelling back: the photos as it left them, each with the label that it had before. */
export function takingBack(step: Step): Wanted[] {
  const now = new Map(step.after.map((photo) => [photo.sha256, photo]));
  return step.before.flatMap(({ sha256, label }) => {
    const photo = now.get(sha256);
    return photo ? [{ photo, wanted: label }] : [];
  });
}

/** The versions of photos that one change after the other from here has led through. Who has seen one of them has seen
 * what there is, for nobody else came between. */
export class Versions {
  private readonly own = new Map<string, { seen: Set<number>; newest: number | undefined }>();

  /** The version to send for a photo that was seen with this one; none where only the server knows it. */
  now(sha256: string, seen: number): number | undefined {
    const own = this.own.get(sha256);
    return own?.seen.has(seen) ? own.newest : seen;
  }

  /** What was sent with one version has led to another. */
  follow(sha256: string, sent: number | undefined, made: number): void {
    const own = this.own.get(sha256);
    const seen = own && own.newest === sent ? own.seen : new Set(sent === undefined ? [] : [sent]);
    this.own.set(sha256, { seen: seen.add(made), newest: made });
  }

  /** Removed and brought back; the server does not say with which version. */
  forget(sha256: string, seen: number | undefined): void {
    const before = this.own.get(sha256)?.seen ?? new Set<number>();
    this.own.set(sha256, { seen: seen === undefined ? before : before.add(seen), newest: undefined });
  }
}

const DIGITS = "1234567890";

/** The key that labels with the class at `index`, if it has one. */
export const keyOf = (index: number): string | undefined => DIGITS[index];

/** The class that a key labels with. */
export function classOf(key: string, classes: readonly string[]): string | undefined {
  const index = DIGITS.indexOf(key);
  return key.length === 1 && index >= 0 ? classes[index] : undefined;
}
