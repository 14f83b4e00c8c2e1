// Held-out photos of a detector, a page at a time; an answer that was overtaken by another question is dropped.
import { type BoxPhoto, type BoxPhotoFilter, listBoxPhotos } from "@/api/boxScores";
import { type ApiError, asApiError } from "@/api/problem";

const PAGE = 12;

export class BoxPhotoList {
  items = $state.raw<BoxPhoto[]>([]);
  total = $state<number>();
  busy = $state(false);
  error = $state.raw<ApiError | null>(null);
  private filter: BoxPhotoFilter = {};
  private turn = 0;

  constructor(private readonly run: string) {}

  /** Begins anew with another question. */
  ask(filter: BoxPhotoFilter): void {
    this.turn += 1;
    this.filter = filter;
    [this.items, this.total, this.error, this.busy] = [[], undefined, null, false];
    void this.more();
  }

  async more(): Promise<void> {
    if (this.busy) return;
    const { turn } = this;
    [this.busy, this.error] = [true, null];
    try {
      const page = await listBoxPhotos(this.run, { ...this.filter, offset: this.items.length, limit: PAGE });
      if (turn !== this.turn) return;
      [this.items, this.total] = [[...this.items, ...page.items], page.total];
    } catch (thrown) {
      if (turn !== this.turn) return;
      this.error = asApiError(thrown);
    }
    this.busy = false;
  }
}
