// What was done to boxes, photo by photo, so that it can be taken back and done again. Without the page.
import type { Box } from "./geometry";

export type Boxes = readonly Box[] | null;
export interface Step {
  sha256: string;
  before: Boxes;
  after: Boxes;
  /** Steps that follow one another with the same tag are one: ten presses of an arrow key. */
  tag?: string;
}
const MOST = 1000;

export const same = (one: Boxes, other: Boxes): boolean => JSON.stringify(one) === JSON.stringify(other);

export class Steps {
  private done: Step[] = [];
  private undone: Step[] = [];

  get undoable(): number {
    return this.done.length;
  }
  get redoable(): number {
    return this.undone.length;
  }

  push(step: Step): void {
    if (same(step.before, step.after)) return;
    const last = this.done.at(-1);
    const goesOn = step.tag !== undefined && last?.tag === step.tag && last.sha256 === step.sha256;
    if (last && goesOn) this.done = [...this.done.slice(0, -1), { ...last, after: step.after }];
    else this.done = [...this.done, step].slice(-MOST);
    this.undone = [];
  }

  /** The last step, to be taken back. */
  back(): Step | undefined {
    const step = this.done.at(-1);
    if (step) {
      this.done = this.done.slice(0, -1);
      this.undone = [...this.undone, { ...step, tag: undefined }];
    }
    return step;
  }

  /** The last one that was taken back, to be done again. */
  again(): Step | undefined {
    const step = this.undone.at(-1);
    if (step) {
      this.undone = this.undone.slice(0, -1);
      this.done = [...this.done, step];
    }
    return step;
  }

  /** Forget a photo whose boxes somebody else has changed: what was done here no longer fits there. */
  forget(sha256: string): void {
    this.done = this.done.filter((step) => step.sha256 !== sha256);
    this.undone = this.undone.filter((step) => step.sha256 !== sha256);
  }
}
