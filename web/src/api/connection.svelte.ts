// Whether the server answers, for the banner; and the tab's one event stream.
import { EventStream, type Source } from "./events";

class Connection {
  online = $state(true);
  /** The server wants the one-time key of `trivium up`. */
  locked = $state(false);
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** A short gap is not worth a banner. */
  report(online: boolean): void {
    clearTimeout(this.timer);
    if (online) this.online = true;
    else {
      this.timer = setTimeout(() => {
        this.online = false;
      }, 1500);
    }
  }
}

export const connection = new Connection();

export const stream = new EventStream(
  () => new EventSource("/api/v1/events") as unknown as Source,
  (online) => connection.report(online),
);
