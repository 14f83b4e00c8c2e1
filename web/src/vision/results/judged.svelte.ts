// What a training said of photos, a page at a time; a press while a page is on its way asks for nothing twice.
import { type ApiError, asApiError } from "@/api/problem";
import { type JudgedFilter, type JudgedPhoto, listJudged } from "@/api/vision";

export class JudgedList {
  items = $state.raw<JudgedPhoto[]>([]);
  total = $state<number>();
  busy = $state(false);
  error = $state.raw<ApiError | null>(null);

  constructor(
    readonly run: string,
    private readonly filter: JudgedFilter,
    private readonly page: number,
  ) {}

  async more(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      const asked = { ...this.filter, offset: this.items.length, limit: this.page };
      const page = await listJudged(this.run, asked);
      this.items = [...this.items, ...page.items];
      this.total = page.total;
      this.error = null;
    } catch (thrown) {
      this.error = asApiError(thrown);
    }
    this.busy = false;
  }
}
