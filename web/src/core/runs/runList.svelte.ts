// The newest runs with the little curves of their cards; fetched again when any run changes its state.
import { compareRuns, listRuns, type RunFilter } from "@/api/client";
import { stream } from "@/api/connection.svelte";
import { type ApiError, asApiError } from "@/api/problem";
import type { RunView } from "@/api/types";
import { isActive } from "./states";

/** What the small curve of a card shows: of racing how far the car gets, else what the best model is chosen by. */
const curveOf = (run: RunView): string =>
  run.studio === "racing" ? "completion/evaluation" : (run.best?.metric ?? "");
const CURVES_AT_ONCE = 12;
const POLL_MS = 3000;

export class RunList {
  runs = $state.raw<RunView[] | undefined>(undefined);
  curves = $state.raw<Record<string, (number | null)[]>>({});
  error = $state.raw<ApiError | undefined>(undefined);
  next = $state<string | null>(null);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private gone = false;

  constructor(
    private readonly filter: RunFilter,
    private readonly withCurves = true,
  ) {}

  start(): () => void {
    const again = () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => void this.load(), 300);
    };
    const stop = stream.listen({ event: (event) => event.kind === "state" && again(), reset: again });
    void this.load();
    return () => {
      this.gone = true;
      stop();
      clearTimeout(this.timer);
    };
  }

  async load(): Promise<void> {
    clearTimeout(this.timer);
    try {
      const page = await listRuns(this.filter);
      if (this.gone) return;
      this.runs = page.items;
      this.next = page.next;
      this.error = undefined;
      if (this.withCurves) await this.loadCurves(page.items);
    } catch (thrown) {
      this.error = asApiError(thrown);
    }
    if (!this.gone && (this.error || this.runs?.some(isActive))) {
      this.timer = setTimeout(() => void this.load(), POLL_MS);
    }
  }

  async more(): Promise<void> {
    if (!this.next || !this.runs) return;
    const page = await listRuns({ ...this.filter, cursor: this.next });
    this.runs = [...this.runs, ...page.items];
    this.next = page.next;
  }

  private async loadCurves(runs: RunView[]): Promise<void> {
    const wanted = runs
      .filter((run) => run.kind === "train" && (isActive(run) || !(run.id in this.curves)))
      .slice(0, CURVES_AT_ONCE)
      .map((run) => run.id);
    if (wanted.length === 0) return;
    const { metrics } = await compareRuns(wanted);
    const keys = new Map(runs.map((run) => [run.id, curveOf(run)]));
    const fresh = Object.entries(metrics).map(([id, rows]) => [
      id,
      (rows[keys.get(id) ?? ""] ?? []).map(([, value]) => value),
    ]);
    if (!this.gone) this.curves = { ...this.curves, ...Object.fromEntries(fresh) };
  }
}
