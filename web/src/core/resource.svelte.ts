// Something fetched, with the three faces every page must show: loading, failed, here. Where it failed because the
// server was away, it is fetched again as soon as the server is back.
import { connection } from "@/api/connection.svelte";
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
      if (this.error.offline) connection.whenBack(() => turn === this.turn && void this.reload());
    }
    this.loading = false;
  }
}
