// What can be done to photos of a project, with its word after and a way back. Two people may be at it at once: who comes
// later is told, and decides.
import { asApiError } from "@/api/problem";
import { type LabelOutcome, labelPhotos, type PhotoView, removePhotos, restorePhotos } from "@/api/vision";
import { plural } from "@/core/format";
import { toasts } from "@/core/ui/toasts.svelte";
import { History, type Step, takingBack, Versions, type Wanted } from "../engine/history";

export class Changes {
  undoable = $state(0);
  /** What the project holds, one of them. */
  thing = "photo";
  /** Photos that somebody else labelled meanwhile, with what was wanted here. */
  disputed = $state.raw<Wanted[]>([]);
  private readonly history = new History();
  private readonly versions = new Versions();
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    readonly project: string,
    private readonly onchanged: (photos: PhotoView[]) => void,
  ) {}

  label(photos: readonly PhotoView[], label: string | null): Promise<boolean> {
    return this.labelEach(photos.map((photo) => ({ photo, wanted: label })));
  }

  /** Each photo with a label of its own, as one step. */
  labelEach(wanted: readonly Wanted[]): Promise<boolean> {
    return this.inTurn(() => this.labelNow(wanted));
  }

  removeByHash(hashes: string[], photos: PhotoView[] = []): Promise<boolean> {
    return this.inTurn(() => this.removeNow(hashes, photos));
  }

  /** Takes the last step back; the photos that it was about, none where nothing was taken back. */
  undo(): Promise<string[]> {
    return this.inTurn(() => this.undoNow());
  }

  private async labelNow(wanted: readonly Wanted[]): Promise<boolean> {
    try {
      const outcome = await this.send(wanted);
      const done = new Set(outcome.done.map((photo) => photo.sha256));
      const before = wanted.map((one) => one.photo).filter((photo) => done.has(photo.sha256));
      this.keep({ before, after: outcome.done });
      return outcome.refused.length + outcome.gone.length === 0;
    } catch (thrown) {
      toasts.error(thrown);
      return false;
    }
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
      this.keep({ before, after: [] });
      toasts.show(
        `${plural(gone.length, this.thing)} removed. Undo brings ${gone.length === 1 ? "it" : "them"} back.`,
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
    const photos = step.before.map((photo) => photo.sha256);
    try {
      if (step.after.length) await this.send(takingBack(step));
      else {
        await restorePhotos(this.project, photos);
        for (const { sha256, version } of step.before) this.versions.forget(sha256, version);
        this.onchanged([]);
      }
      return photos;
    } catch (thrown) {
      const { offline, status } = asApiError(thrown);
      if (offline || status >= 500) this.keep(step); // it may succeed the next time
      toasts.error(thrown);
      return [];
    }
  }

  private keep(step: Step): void {
    this.history.push(step);
    this.undoable = this.history.length;
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

  private async send(wanted: readonly Wanted[]): Promise<LabelOutcome> {
    const changes = wanted.map(({ photo: { sha256, version }, wanted: label }) => ({
      sha256,
      label,
      version: this.versions.now(sha256, version),
    }));
    const outcome = await labelPhotos(this.project, changes);
    const sent = new Map(changes.map((change) => [change.sha256, change]));
    for (const { sha256, version } of outcome.done)
      this.versions.follow(sha256, sent.get(sha256)?.version, version);
    for (const photo of outcome.refused) {
      this.yield(photo.sha256);
      this.disputed = [...this.disputed, { photo, wanted: sent.get(photo.sha256)?.label ?? null }];
    }
    if (outcome.gone.length)
      toasts.show(`${plural(outcome.gone.length, this.thing)} had been removed by somebody else.`);
    this.onchanged([...outcome.done, ...outcome.refused]);
    return outcome;
  }
}
