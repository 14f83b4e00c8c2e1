// Whether the server answers, for the banner and for whoever waits until it does; and the tab's one event stream.
import { EventStream, type Source } from "./events";

/** A gap shorter than this is not worth a banner. */
const PATIENCE_MS = 1500;

export class Connection {
  /** False while the server has been away for longer than a moment. */
  online = $state(true);
  /** The server wants the one-time key of `trivium up`. */
  locked = $state(false);
  private away = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private waiting = new Set<() => void>();

  report(answers: boolean): void {
    if (answers === !this.away) return;
    this.away = !answers;
    clearTimeout(this.timer);
    if (this.away) {
      this.timer = setTimeout(() => {
        this.online = false;
      }, PATIENCE_MS);
      return;
    }
    this.online = true;
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const goOn of waiting) goOn();
  }

  /** Calls once, when the server answers again; the returned function gives up waiting. */
  whenBack(goOn: () => void): () => void {
    this.waiting.add(goOn);
    return () => this.waiting.delete(goOn);
  }
}

export const connection = new Connection();

export const stream = new EventStream(
  () => new EventSource("/api/v1/events") as unknown as Source,
  (online) => connection.report(online),
);
