// One event stream for the whole tab. Browsers allow six connections a host over HTTP/1.1, so pages share this one.
//
// The browser reconnects by itself and sends Last-Event-ID, and the server answers with the gap or with `reset`. When it
// gives up (the server was away and answered with an error), we open a new stream after a pause and tell every listener
// to fetch its state again, since a new stream does not know what was missed.
import type { RunEvent } from "./types";

export interface Listener {
  /** Only events of this run; every run's when absent. */
  run?: string;
  event(event: RunEvent): void;
  /** Something was missed: fetch again. */
  reset?(): void;
}

export interface Source {
  readyState: number;
  onopen: ((event: Event) => void) | null;
  onerror: ((event: Event) => void) | null;
  addEventListener(kind: string, handler: (event: MessageEvent<string>) => void): void;
  close(): void;
}

const CLOSED = 2;
const KINDS = ["metric", "state", "sample", "log"] as const;
const MAX_PAUSE_MS = 10_000;

export class EventStream {
  private listeners = new Set<Listener>();
  private source: Source | null = null;
  private pauseMs = 500;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private missed = false;

  constructor(
    private readonly open: () => Source,
    private readonly onconnection: (online: boolean) => void = () => {},
  ) {}

  /** Listens until the returned function is called. */
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  start(): () => void {
    this.connect();
    return () => {
      clearTimeout(this.timer);
      this.source?.close();
      this.source = null;
    };
  }

  private connect(): void {
    const source = this.open();
    this.source = source;
    source.onopen = () => {
      this.pauseMs = 500;
      this.onconnection(true);
      if (this.missed) this.reset();
      this.missed = false;
    };
    source.onerror = () => {
      this.onconnection(false);
      if (source.readyState !== CLOSED) return;
      this.missed = true;
      source.close();
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.connect(), this.pauseMs);
      this.pauseMs = Math.min(this.pauseMs * 2, MAX_PAUSE_MS);
    };
    source.addEventListener("reset", () => this.reset());
    for (const kind of KINDS) source.addEventListener(kind, (message) => this.receive(kind, message.data));
  }

  private receive(kind: (typeof KINDS)[number], data: string): void {
    let event: RunEvent;
    try {
      event = { ...(JSON.parse(data) as RunEvent), kind } as RunEvent;
    } catch {
      return;
    }
    for (const listener of this.listeners) {
      if (listener.run === undefined || listener.run === event.run) listener.event(event);
    }
  }

  private reset(): void {
    for (const listener of this.listeners) listener.reset?.();
  }
}
