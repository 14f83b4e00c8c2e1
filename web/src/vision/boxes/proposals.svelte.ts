// The boxes that the newest model proposes: for photos that nobody has looked at, some ahead; and those that it doubts.
import { type DoubtfulPhoto, listDoubtfulBoxes, listProposals } from "@/api/boxScores";
import { listTrainings, type ProjectTraining } from "@/api/vision";
import { toasts } from "@/core/ui/toasts.svelte";
import type { Box } from "./engine/geometry";
import { type Proposed, rejecting, undecided } from "./engine/proposals";

const LOWEST = 0.1; // what a model is less sure of is no help

export class Proposals {
  model = $state.raw<ProjectTraining>();
  /** Whether it was looked for. */
  sought = $state(false);
  on = $state(true);
  /** From how sure on; null: the model's own. */
  threshold = $state<number | null>(null);
  doubts = $state.raw<DoubtfulPhoto[]>([]);
  /** Whether doubts are gone through, and not photos without boxes. */
  reviewing = $state(false);
  looking = $state(false);
  private found = $state.raw<ReadonlyMap<string, readonly Proposed[]>>(new Map());
  private rejected = $state.raw<ReadonlyMap<string, ReadonlySet<string>>>(new Map());
  private readonly asked = new Set<string>();

  constructor(private readonly project: string) {}

  /** The newest finished model, if there is one. */
  async find(): Promise<void> {
    const all = await listTrainings(this.project).catch(() => []);
    this.model = all.find((one) => one.run.state === "succeeded");
    this.sought = true;
  }

  /** Lets the model look at photos that it has not been shown. One request at a time: a slow computer is not flooded. */
  async want(photos: readonly string[]): Promise<void> {
    const { model } = this;
    const fresh = photos.filter((sha256) => !this.asked.has(sha256));
    if (!model || !this.on || this.looking || fresh.length === 0) return;
    this.looking = true;
    for (const sha256 of fresh) this.asked.add(sha256);
    try {
      const threshold = this.threshold ?? undefined;
      const rows = await listProposals(this.project, model.run.id, fresh, threshold);
      this.found = new Map([...this.found, ...rows.map((row) => [row.sha256, row.boxes] as const)]);
    } catch (thrown) {
      for (const sha256 of fresh) this.asked.delete(sha256);
      this.on = false; // or every step would say it again
      toasts.error(thrown);
    }
    this.looking = false;
  }

  /** Another threshold: what was found before does not hold any more. */
  setThreshold(next: number | null): void {
    this.threshold = next === null ? null : Math.max(LOWEST, next);
    this.asked.clear();
    this.found = new Map();
  }

  async review(everything: boolean): Promise<string[]> {
    const { model } = this;
    if (!model) return [];
    this.looking = true;
    try {
      this.doubts = await listDoubtfulBoxes(this.project, model.run.id, everything);
    } finally {
      this.looking = false;
    }
    this.reviewing = true;
    return this.doubts.map((row) => row.sha256);
  }

  reasons(sha256: string | undefined): DoubtfulPhoto["reasons"] {
    if (!this.reviewing) return [];
    return this.doubts.find((row) => row.sha256 === sha256)?.reasons ?? [];
  }

  /** What is to be decided on for a photo with these boxes. */
  of(sha256: string | undefined, drawn: readonly Box[] | null, wasSeen: boolean): Proposed[] {
    if (sha256 === undefined || !this.on) return [];
    const doubted = this.reasons(sha256)
      .filter((reason) => reason.kind !== "not found")
      .map(({ label, xyxy, doubt }) => ({ label, xyxy, confidence: doubt }));
    const all = this.reviewing ? doubted : wasSeen ? [] : (this.found.get(sha256) ?? []);
    return undecided(all, drawn ?? [], this.rejected.get(sha256) ?? new Set(), this.reviewing);
  }

  reject(sha256: string, box: Box): void {
    const before = this.rejected.get(sha256) ?? new Set();
    this.rejected = new Map([...this.rejected, [sha256, rejecting(before, box)]]);
  }
}
