// The photos of a project, fetched a page at a time as they come into sight: the list may have any length.
import { type ApiError, asApiError } from "@/api/problem";
import { listPhotos, type PhotoFilter, type PhotoView } from "@/api/vision";

const PAGE = 200;

export class PhotoList {
  total = $state<number | undefined>(undefined);
  error = $state.raw<ApiError | undefined>(undefined);
  private pages = $state.raw(new Map<number, PhotoView[]>());
  private asked = new Set<number>();
  private turn = 0;
  filter: PhotoFilter = {};

  constructor(readonly project: string) {}

  /** Shows other photos, or the same anew. */
  async show(filter: PhotoFilter): Promise<void> {
    this.filter = filter;
    this.turn += 1;
    this.asked = new Set([0]);
    await this.fetch(0, true);
  }

  at(index: number): PhotoView | undefined {
    return this.pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  /** Fetches what is not here yet of [first, last). */
  need(first: number, last: number): void {
    if (this.total === undefined) return;
    for (let page = Math.floor(first / PAGE); page * PAGE < Math.min(last, this.total); page++) {
      if (this.asked.has(page)) continue;
      this.asked.add(page);
      void this.fetch(page, false);
    }
  }

  /** Photos that have changed, in their places. */
  replace(photos: readonly PhotoView[]): void {
    const now = new Map(photos.map((photo) => [photo.sha256, photo]));
    this.pages = new Map(
      [...this.pages].map(([page, rows]) => [page, rows.map((row) => now.get(row.sha256) ?? row)]),
    );
  }

  /** Fetched so far, by sha256. */
  find(sha256: string): PhotoView | undefined {
    for (const rows of this.pages.values()) {
      const found = rows.find((row) => row.sha256 === sha256);
      if (found) return found;
    }
    return undefined;
  }

  private async fetch(page: number, anew: boolean): Promise<void> {
    const turn = this.turn;
    try {
      const found = await listPhotos(this.project, { ...this.filter, offset: page * PAGE, limit: PAGE });
      if (turn !== this.turn) return;
      this.pages = anew ? new Map([[page, found.items]]) : new Map(this.pages).set(page, found.items);
      this.total = found.total;
      this.error = undefined;
    } catch (thrown) {
      if (turn !== this.turn) return;
      this.asked.delete(page);
      this.error = asApiError(thrown);
    }
  }
}
