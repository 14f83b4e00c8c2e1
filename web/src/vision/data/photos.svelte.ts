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
  private showing = false;
  filter: PhotoFilter = {};

  constructor(readonly project: string) {}

  /** Shows other photos, or the same anew. */
  async show(filter: PhotoFilter): Promise<void> {
    this.filter = filter;
    this.turn += 1;
    this.showing = true; // what is asked for meanwhile would be of the list before
    this.asked = new Set([0]);
    await this.fetch(0, true);
  }

  at(index: number): PhotoView | undefined {
    return this.pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  /** Fetches what is not here yet of [first, last). A page that failed waits for `again`. */
  need(first: number, last: number): void {
    // The pages too, so that a grid that asks within an effect asks again once there are new ones.
    if (this.total === undefined || this.error || this.showing || this.pages.size === 0) return;
    for (let page = Math.floor(first / PAGE); page * PAGE < Math.min(last, this.total); page++) {
      if (this.asked.has(page)) continue;
      this.asked.add(page);
      void this.fetch(page, false);
    }
  }

  /** The photo at a place, fetched first where it is not here yet. */
  async reach(index: number): Promise<PhotoView | undefined> {
    const page = Math.floor(index / PAGE);
    if (index < 0 || index >= (this.total ?? 0)) return undefined;
    if (!this.pages.has(page)) {
      this.asked.add(page);
      await this.fetch(page, false);
    }
    return this.at(index);
  }

  /** Where a photo is in the list now, as far as it is fetched. */
  place(sha256: string): number {
    for (const [page, rows] of this.pages) {
      const k = rows.findIndex((row) => row.sha256 === sha256);
      if (k >= 0) return page * PAGE + k;
    }
    return -1;
  }

  /** What failed, once more. */
  again(): void {
    this.error = undefined;
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
      if (!anew && found.total !== this.total) {
        await this.show(this.filter); // somebody added or removed some: all places have moved
        return;
      }
      if (anew) this.showing = false;
      this.pages = anew ? new Map([[page, found.items]]) : new Map(this.pages).set(page, found.items);
      this.total = found.total;
      this.error = undefined;
    } catch (thrown) {
      if (turn !== this.turn) return;
      if (anew) this.showing = false;
      this.asked.delete(page);
      this.error = asApiError(thrown);
    }
  }
}
