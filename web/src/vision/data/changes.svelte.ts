// What can be done to photos of a project, with its word after and a way back. Two people may be at it at once: who comes
// later is told, and decides.
import {
  type LabelChange,
  type LabelOutcome,
  labelPhotos,
  type PhotoView,
  removePhotos,
  restorePhotos,
} from "@/api/vision";
import { plural } from "@/core/format";
import { toasts } from "@/core/ui/toasts.svelte";
import { History, takingBack } from "../engine/history";

export class Changes {
  undoable = $state(0);
  /** Photos that somebody else labelled meanwhile, with what was wanted here. */
  disputed = $state.raw<{ photo: PhotoView; wanted: string | null }[]>([]);
  private readonly history = new History();
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    readonly project: string,
    private readonly onchanged: (photos: PhotoView[]) => void,
  ) {}

  label(photos: readonly PhotoView[], label: string | null): Promise<boolean> {
    return this.inTurn(() => this.labelNow(photos, label));
  }

  removeByHash(hashes: string[], photos: PhotoView[] = []): Promise<boolean> {
    return this.inTurn(() => this.removeNow(hashes, photos));
  }

  /** Takes the last step back; the photos that it was about. */
  undo(): Promise<string[]> {
    return this.inTurn(() => this.undoNow());
  }

  private async labelNow(photos: readonly PhotoView[], label: string | null): Promise<boolean> {
    const outcome = await this.send(
      photos.map(({ sha256, version }) => ({ sha256, version, label })),
      label,
    );
    if (!outcome) return false;
    const done = new Set(outcome.done.map((photo) => photo.sha256));
    this.history.push({ before: photos.filter((photo) => done.has(photo.sha256)), after: outcome.done });
    this.undoable = this.history.length;
    return outcome.refused.length + outcome.gone.length === 0;
  }

  async remove(photos: readonly PhotoView[]): Promise<boolean> {
    return this.removeByHash(
      photos.map((photo) => photo.sha256),
      [...photos],
    );
  }

  private async removeNow(hashes: string[], photos: PhotoView[]): Promise<boolean> {
    try {
      const { photos: gone } = await removePhotos(this.project, hashes);
      const known = new Map(photos.map((photo) => [photo.sha256, photo]));
      const before = gone.map((sha256) => known.get(sha256) ?? ({ sha256 } as PhotoView));
      this.history.push({ before, after: [] });
      this.undoable = this.history.length;
      toasts.show(
        `${plural(gone.length, "photo")} removed. Undo brings ${gone.length === 1 ? "it" : "them"} back.`,
      );
      this.onchanged([]);
      return true;
    } catch (thrown) {
      toasts.error(thrown);
      return false;
    }
  }

  private async undoNow(): Promise<string[]> {
    const step = this.history.pop();
    this.undoable = this.history.length;
    if (!step) return [];
    try {
      if (step.after.length) {
        await this.send(takingBack(step), null);
      } else {
        await restorePhotos(
          this.project,
          step.before.map((photo) => photo.sha256),
        );
        this.onchanged([]);
      }
    } catch (thrown) {
      toasts.error(thrown);
    }
    return step.before.map((photo) => photo.sha256);
  }

  /** Labels a disputed photo all the same, now that the other label has been seen. */
  async insist(sha256: string): Promise<void> {
    const dispute = this.disputed.find((one) => one.photo.sha256 === sha256);
    this.yield(sha256);
    if (dispute) await this.label([dispute.photo], dispute.wanted);
  }

  yield(sha256: string): void {
    this.disputed = this.disputed.filter((one) => one.photo.sha256 !== sha256);
  }

  /** One after the other: a step that is still on its way to the studio is the one that an undo takes back. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.last.then(work);
    this.last = mine.catch(() => undefined);
    return mine;
  }

  private async send(changes: LabelChange[], wanted: string | null): Promise<LabelOutcome | null> {
    try {
      const outcome = await labelPhotos(this.project, changes);
      const own = new Map(changes.map((change) => [change.sha256, change.label]));
      this.disputed = [
        ...this.disputed,
        ...outcome.refused.map((photo) => ({ photo, wanted: own.get(photo.sha256) ?? wanted })),
      ];
      if (outcome.gone.length)
        toasts.show(`${plural(outcome.gone.length, "photo")} had been removed by somebody else.`);
      this.onchanged([...outcome.done, ...outcome.refused]);
      return outcome;
    } catch (thrown) {
      toasts.error(thrown);
      return null;
    }
  }
}
