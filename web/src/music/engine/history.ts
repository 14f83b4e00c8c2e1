// Undo and redo without end. Each step is kept as patches that hold only what changed and can be read both ways,
// so that thousands of steps over thousands of notes stay small.
import { type Head, inOrder, type RollNote, type Score, type Track, type TrackInfo } from "./document";

export type Patch =
  | { kind: "notes"; track: string; removed: readonly RollNote[]; added: readonly RollNote[] }
  | { kind: "info"; track: string; before: TrackInfo; after: TrackInfo }
  | { kind: "tracks"; before: readonly Track[]; after: readonly Track[] }
  | { kind: "head"; before: Head; after: Head };

export function inverse(patch: Patch): Patch {
  if (patch.kind === "notes") return { ...patch, removed: patch.added, added: patch.removed };
  return { ...patch, before: patch.after, after: patch.before } as Patch;
}

function exchanged(
  notes: readonly RollNote[],
  patch: Extract<Patch, { kind: "notes" }>,
): readonly RollNote[] {
  const gone = new Set(patch.removed.map((note) => note.id));
  const kept = gone.size ? notes.filter((note) => !gone.has(note.id)) : notes;
  if (patch.added.length === 0) return kept;
  const added = [...patch.added].sort(inOrder);
  // Merging two sorted lists is linear; sorting the whole would not be, and this runs at every step of a drag.
  const merged: RollNote[] = [];
  let next = 0;
  for (const note of kept) {
    for (let one = added[next]; one && inOrder(one, note) < 0; one = added[next]) {
      merged.push(one);
      next += 1;
    }
    merged.push(note);
  }
  return merged.concat(added.slice(next));
}

function patched(score: Score, patch: Patch): Score {
  if (patch.kind === "tracks") return { ...score, tracks: patch.after };
  if (patch.kind === "head") return { ...score, ...patch.after };
  return {
    ...score,
    tracks: score.tracks.map((track) => {
      if (track.id !== patch.track) return track;
      if (patch.kind === "info") return { ...patch.after, id: track.id, notes: track.notes };
      return { ...track, notes: exchanged(track.notes, patch) };
    }),
  };
}

export function applyPatches(score: Score, patches: readonly Patch[]): Score {
  return patches.reduce(patched, score);
}

export function undoing(patches: readonly Patch[]): Patch[] {
  return [...patches].reverse().map(inverse);
}

interface Step {
  label: string;
  patches: readonly Patch[];
  /** Steps in a row with the same key are one: a slider that is dragged is one step, not fifty. */
  key?: string;
}

export class History {
  private readonly past: Step[] = [];
  private future: Step[] = [];

  constructor(public score: Score) {}

  get undoLabel(): string | undefined {
    return this.past.at(-1)?.label;
  }

  get redoLabel(): string | undefined {
    return this.future.at(-1)?.label;
  }

  do(label: string, patches: readonly Patch[], key?: string): Score {
    if (patches.length === 0) return this.score;
    this.score = applyPatches(this.score, patches);
    const last = this.past.at(-1);
    if (key !== undefined && last?.key === key && this.future.length === 0) {
      this.past[this.past.length - 1] = { ...last, patches: [...last.patches, ...patches] };
    } else {
      this.past.push({ label, patches, key });
    }
    this.future = [];
    return this.score;
  }

  undo(): Score {
    const step = this.past.pop();
    if (!step) return this.score;
    this.future.push(step);
    this.score = applyPatches(this.score, undoing(step.patches));
    return this.score;
  }

  redo(): Score {
    const step = this.future.pop();
    if (!step) return this.score;
    this.past.push({ ...step, key: undefined });
    this.score = applyPatches(this.score, step.patches);
    return this.score;
  }
}
