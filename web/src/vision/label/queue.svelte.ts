// The photos that are being labelled one after the other. The list stands still while it is worked through, though what
// it was asked for (photos without a class) has fewer and fewer of them.
import { type ApiError, asApiError } from "@/api/problem";
import {
  listSuggestions,
  listTrainings,
  type PhotoView,
  type ProjectTraining,
  type Suggestion,
} from "@/api/vision";
import { toasts } from "@/core/ui/toasts.svelte";
import { allPhotos } from "../data/allPhotos";

export type Task = "unlabelled" | "doubted" | "doubtful" | "all";

export class Queue {
  photos = $state.raw<PhotoView[] | undefined>(undefined);
  index = $state(0);
  error = $state.raw<ApiError | undefined>(undefined);
  training = $state.raw<ProjectTraining | undefined>(undefined);
  suggestions = $state.raw(new Map<string, Suggestion>());
  current = $derived(this.photos?.[this.index]);
  suggestion = $derived(this.current && this.suggestions.get(this.current.sha256));
  private turn = 0;

  constructor(readonly project: string) {}

  /** A finished training makes suggestions; without one, labelling goes by hand alone. */
  async ask(): Promise<void> {
    try {
      const done = (await listTrainings(this.project)).find((one) => one.accuracy !== null);
      const found = done ? await listSuggestions(this.project, done.run.id) : [];
      this.training = done;
      this.suggestions = new Map(found.map((one) => [one.sha256, one]));
    } catch (thrown) {
      toasts.error(thrown);
    }
  }

  async load(task: Task): Promise<void> {
    this.turn += 1;
    const turn = this.turn;
    this.photos = undefined;
    this.index = 0;
    try {
      const show = task === "doubted" ? "labelled" : task;
      const all = await allPhotos(this.project, show, () => turn === this.turn);
      if (!all) return;
      this.photos = task === "doubted" ? this.doubted(all) : all;
      this.error = undefined;
    } catch (thrown) {
      if (turn === this.turn) this.error = asApiError(thrown);
    }
  }

  /** The model's surest contradictions first. */
  private doubted(all: PhotoView[]): PhotoView[] {
    const doubt = (photo: PhotoView) => {
      const said = this.suggestions.get(photo.sha256);
      return said && said.predicted !== photo.label ? said.confidence : 0;
    };
    return all.filter((photo) => doubt(photo) > 0).sort((a, b) => doubt(b) - doubt(a));
  }

  replace(photos: readonly PhotoView[]): void {
    const now = new Map(photos.map((photo) => [photo.sha256, photo]));
    this.photos = this.photos?.map((photo) => now.get(photo.sha256) ?? photo);
  }

  drop(sha256: string): void {
    const at = this.photos?.findIndex((photo) => photo.sha256 === sha256) ?? -1;
    if (at < 0) return;
    this.photos = this.photos?.filter((photo) => photo.sha256 !== sha256);
    this.move(at < this.index ? -1 : 0); // what is looked at stays
  }

  /** Puts a photo that was dropped back to where it was, and shows it. */
  put(photo: PhotoView, index: number): void {
    const there = this.photos?.filter((one) => one.sha256 !== photo.sha256) ?? [];
    this.photos = [...there.slice(0, index), photo, ...there.slice(index)];
    this.index = Math.min(index, this.photos.length - 1);
  }

  move(by: number): void {
    this.index = Math.max(0, Math.min(this.index + by, this.photos?.length ?? 0));
  }

  /** Shows a photo again, where it is in the list. */
  back(sha256: string | undefined): boolean {
    const found = this.photos?.findIndex((photo) => photo.sha256 === sha256) ?? -1;
    if (found >= 0) this.index = found;
    return found >= 0;
  }

  /** Unlabelled photos of which the model is at least so sure. */
  sure(least: number): { photo: PhotoView; label: string }[] {
    return (this.photos ?? []).flatMap((photo) => {
      const said = this.suggestions.get(photo.sha256);
      return said && photo.label === null && said.confidence >= least
        ? [{ photo, label: said.predicted }]
        : [];
    });
  }
}
