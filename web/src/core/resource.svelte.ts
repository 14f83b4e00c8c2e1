// Something fetched, with the three faces every page must show: loading, failed, here.
import { type ApiError, asApiError } from "@/api/problem";

export class Resource<T> {
  data = $state.raw<T | undefined>(undefined);
  error = $state.raw<ApiError | undefined>(undefined);
  loading = $state(true);
  private turn = 0;

  constructor(private readonly fetcher: () => Promise<T>) {
    void this.reload();
  }

  /** Fetches again; what was shown stays until the new answer is here. An answer overtaken by a later one is dropped. */
  async reload(): Promise<void> {
    this.turn += 1;
    const turn = this.turn;
    this.loading = true;
    try {
      const data = await this.fetcher();
      if (turn !== this.turn) return;
      this.data = data;
      this.error = undefined;
    } catch (thrown) {
      if (turn !== this.turn) return;
      this.error = asApiError(thrown);
    }
    this.loading = false;
  }
}
