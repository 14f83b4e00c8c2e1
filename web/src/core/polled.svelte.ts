// Something asked for again and again while somebody looks; an answer that was overtaken by a later one is dropped.
import { type ApiError, asApiError } from "@/api/problem";

export class Polled<T> {
  data = $state.raw<T>();
  error = $state.raw<ApiError>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private gone = false;
  private turn = 0;

  /** `waitMs`: until the next time, by what is known now. */
  constructor(
    private readonly fetcher: () => Promise<T>,
    private readonly waitMs: (data: T | undefined) => number,
  ) {}

  /** Begins; what it returns ends it. */
  start(): () => void {
    void this.load();
    return () => {
      this.gone = true;
      clearTimeout(this.timer);
    };
  }

  async load(): Promise<void> {
    clearTimeout(this.timer);
    this.turn += 1;
    const turn = this.turn;
    try {
      const data = await this.fetcher();
      if (turn !== this.turn) return;
      [this.data, this.error] = [data, undefined];
    } catch (thrown) {
      if (turn !== this.turn) return;
      this.error = asApiError(thrown);
    }
    if (!this.gone) this.timer = setTimeout(() => void this.load(), this.waitMs(this.data));
  }
}
