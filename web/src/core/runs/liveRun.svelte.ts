// A run as it goes: fetched once, then kept up by the event stream. Reload, reconnect and a reopened browser all take the
// same way, so what is on the page never depends on when it was opened.
import { getEvents, getMetrics, getRun } from "@/api/client";
import { stream } from "@/api/connection.svelte";
import { type ApiError, asApiError } from "@/api/problem";
import type { MetricRows, RunEvent, RunView } from "@/api/types";
import { mergeMetrics, rowsOf } from "@/core/charts/chartData";
import { isActive } from "./states";

type LogLine = Extract<RunEvent, { kind: "log" }>;
type Sample = Extract<RunEvent, { kind: "sample" }>;

const FLUSH_MS = 250;
const POLL_MS = 2000;
const PAGE = 5000;
const MOST_LOG_LINES = 2000;

export class LiveRun {
  run = $state.raw<RunView | undefined>(undefined);
  rows = $state.raw<MetricRows>({});
  samples = $state.raw<Sample[]>([]);
  log = $state.raw<LogLine[]>([]);
  error = $state.raw<ApiError | undefined>(undefined);
  /** The first load is done, history and all. */
  ready = $state(false);

  private waiting: RunEvent[] = [];
  private flushTimer: ReturnType<typeof setTimeout> | undefined;
  private flushedAt = Number.NEGATIVE_INFINITY;
  private pollTimer: ReturnType<typeof setTimeout> | undefined;
  private seen = new Set<number>();
  private gone = false;

  constructor(readonly id: string) {}

  /** Listens first and fetches second, so that nothing falls between. */
  start(): () => void {
    const stopListening = stream.listen({
      run: this.id,
      event: (event) => this.receive(event),
      reset: () => void this.load(),
    });
    void this.load();
    return () => {
      this.gone = true;
      stopListening();
      clearTimeout(this.flushTimer);
      clearTimeout(this.pollTimer);
    };
  }

  async load(): Promise<void> {
    clearTimeout(this.pollTimer);
    try {
      const [run, rows, samples, log] = await Promise.all([
        getRun(this.id),
        getMetrics(this.id),
        this.history("sample"),
        this.history("log"),
      ]);
      if (this.gone) return;
      this.run = run;
      this.rows = mergeMetrics(this.rows, rows);
      this.add([...samples, ...log]);
      this.error = undefined;
      this.ready = true;
    } catch (thrown) {
      if (this.gone) return;
      this.error = asApiError(thrown);
    }
    this.poll();
  }

  /** State, progress and estimate are cheap to ask for and not all of them are events. */
  private poll(): void {
    clearTimeout(this.pollTimer);
    if (this.gone || (this.run && !isActive(this.run) && !this.error)) return;
    this.pollTimer = setTimeout(async () => {
      if (!this.ready) return this.load();
      await this.refresh();
      this.poll();
    }, POLL_MS);
  }

  async refresh(): Promise<void> {
    try {
      const run = await getRun(this.id);
      if (this.gone) return;
      this.run = run;
      this.error = undefined;
    } catch (thrown) {
      if (!this.gone) this.error = asApiError(thrown);
    }
  }

  /** After an action: the answer is the newest state, and an active run is watched again. */
  update(run: RunView): void {
    this.run = run;
    this.poll();
  }

  private async history(kind: "sample" | "log"): Promise<RunEvent[]> {
    const found: RunEvent[] = [];
    for (let after = 0; ; ) {
      const { items } = await getEvents(this.id, { kind, after, limit: PAGE });
      found.push(...items);
      const last = items[items.length - 1];
      if (items.length < PAGE || !last) return found;
      after = last.id;
    }
  }

  private receive(event: RunEvent): void {
    this.waiting.push(event);
    const left = this.flushedAt + FLUSH_MS - performance.now();
    this.flushTimer ??= setTimeout(() => this.flush(), Math.max(0, left));
  }

  /** Many events, one redraw; the first after a silence is shown at once. */
  private flush(): void {
    this.flushTimer = undefined;
    this.flushedAt = performance.now();
    const events = this.waiting;
    this.waiting = [];
    let rows = this.rows;
    for (const event of events) {
      if (event.kind === "metric") rows = mergeMetrics(rows, rowsOf(event.step, event.values));
    }
    this.rows = rows;
    this.add(events);
    if (events.some((event) => event.kind === "state")) void this.refresh().then(() => this.poll());
  }

  private add(events: RunEvent[]): void {
    const samples: Sample[] = [];
    const lines: LogLine[] = [];
    for (const event of events) {
      if ((event.kind !== "sample" && event.kind !== "log") || this.seen.has(event.id)) continue;
      this.seen.add(event.id);
      if (event.kind === "sample") samples.push(event);
      else lines.push(event);
    }
    const rising = (a: RunEvent, b: RunEvent) => a.id - b.id;
    if (samples.length) this.samples = [...this.samples, ...samples].sort(rising);
    if (lines.length) this.log = [...this.log, ...lines].sort(rising).slice(-MOST_LOG_LINES);
  }
}
