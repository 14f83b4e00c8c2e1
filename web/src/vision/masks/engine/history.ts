// Undo and redo without end: what a stroke has changed, as runs of pixels, a few bytes for each row. Pure.
import type { Mask } from "./mask";

/** Four numbers a run: its first pixel, its length, the value before and the one after. */
export type Patch = readonly number[];

export function difference(before: Uint8Array, after: Uint8Array): Patch {
  const runs: number[] = [];
  let k = 0;
  while (k < after.length) {
    const [was, is] = [before[k] ?? 0, after[k] ?? 0];
    if (was === is) {
      k += 1;
      continue;
    }
    const start = k;
    while (k < after.length && before[k] === was && after[k] === is) k += 1;
    runs.push(start, k - start, was, is);
  }
  return runs;
}

function apply(mask: Mask, patch: Patch, which: 2 | 3): void {
  for (let k = 0; k < patch.length; k += 4) {
    const start = patch[k] ?? 0;
    mask.data.fill(patch[k + which] ?? 0, start, start + (patch[k + 1] ?? 0));
  }
}

/** A step, and whether the photo had a mask before it. */
interface Step {
  patch: Patch;
  first: boolean;
}

export class MaskHistory {
  private readonly done: Step[] = [];
  private undone: Step[] = [];

  get undoable(): number {
    return this.done.length;
  }
  get redoable(): number {
    return this.undone.length;
  }

  push(patch: Patch, first = false): void {
    if (patch.length === 0 && !first) return;
    this.done.push({ patch, first });
    this.undone = [];
  }

  /** Takes the last step back; whether the photo had a mask before it, undefined where there is no step. */
  back(mask: Mask): boolean | undefined {
    const step = this.done.pop();
    if (!step) return undefined;
    apply(mask, step.patch, 2);
    this.undone.push(step);
    return !step.first;
  }

  /** Does it again; whether there was anything to do. */
  again(mask: Mask): boolean {
    const step = this.undone.pop();
    if (!step) return false;
    apply(mask, step.patch, 3);
    this.done.push(step);
    return true;
  }
}
