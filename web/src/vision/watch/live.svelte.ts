// A source that the studio watches, seen live: for each look its event and then its picture, the newest whenever the page
// is ready. Connects again by itself.
import { type ApiError, asApiError } from "@/api/problem";
import {
  beginWatch,
  bringFilm,
  getWatch,
  liveUrl,
  type NewWatch,
  type SeenEvent,
  stopWatch,
  type WatchView,
} from "@/api/watch";
import type { Seen, SettledNews } from "./seen.svelte";

const [POLL_MS, RETRY_MS, GONE] = [1500, 1000, 4404];

export class LiveWatch {
  view = $state.raw<WatchView | null>(null);
  error = $state.raw<ApiError | null>(null);
  busy = $state(false);
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private turn = 0;
  private told = 0;

  constructor(private readonly seen: Seen) {}

  /** Watches a source, or a film in its place. */
  async begin(body: NewWatch, film: File | null = null): Promise<void> {
    await this.stop();
    const turn = this.turn;
    this.busy = true;
    try {
      const view = await beginWatch(film ? { ...body, source: await bringFilm(film) } : body);
      if (turn === this.turn) this.look(view);
      else await stopWatch(view.id).catch(() => undefined); // the page was left meanwhile
    } catch (thrown) {
      if (turn === this.turn) this.error = asApiError(thrown);
    }
    if (turn === this.turn) this.busy = false;
  }

  /** Looks at what is watched already. */
  look(view: WatchView): void {
    this.leave();
    this.seen.clear();
    this.told = view.begun_at - 1;
    this.view = view;
    this.connect(view.id, this.turn);
    void this.poll(view.id, this.turn);
  }

  async stop(): Promise<void> {
    const { view } = this;
    this.leave();
    if (view) await stopWatch(view.id).catch(() => undefined);
  }

  /** Looks away; the studio goes on. */
  leave(): void {
    this.turn += 1;
    clearTimeout(this.timer);
    this.socket?.close();
    [this.socket, this.view, this.error, this.busy] = [null, null, null, false];
  }

  /** Whether nothing more will come. */
  get over(): boolean {
    return this.view?.state === "ended" || this.view?.state === "failed";
  }

  private connect(id: string, turn: number): void {
    const socket = new WebSocket(liveUrl(id));
    socket.binaryType = "blob";
    this.socket = socket;
    let event: SeenEvent | null = null;
    socket.onmessage = async ({ data }) => {
      if (turn !== this.turn) return;
      if (typeof data === "string") {
        event = JSON.parse(data) as SeenEvent;
        return;
      }
      const about = event;
      const jpeg = new Blob([data as Blob], { type: "image/jpeg" });
      const bitmap = jpeg.size ? await createImageBitmap(jpeg).catch(() => null) : null;
      if (about && turn === this.turn) this.seen.see(about, bitmap, jpeg);
      else bitmap?.close();
    };
    socket.onclose = ({ code }) => {
      if (turn !== this.turn || code === GONE || code === 1000) return;
      setTimeout(() => turn === this.turn && this.connect(id, turn), RETRY_MS);
    };
  }

  /** What is no frame: rules that came true, cameras that stop and come back. */
  private async poll(id: string, turn: number): Promise<void> {
    try {
      const view = await getWatch(id);
      if (turn !== this.turn) return;
      [this.view, this.error] = [view, null];
      this.tell(view);
    } catch (thrown) {
      if (turn !== this.turn) return;
      this.error = asApiError(thrown);
      if (!this.error.offline && this.error.status < 500) return;
    }
    if (!this.over) this.timer = setTimeout(() => void this.poll(id, turn), POLL_MS);
  }

  private tell(view: WatchView): void {
    const news = view.news.toReversed();
    // What settled while the page was not ready has no picture here.
    for (const one of news)
      if (one.kind === "settled" && (this.over || Number(one.frame) <= (this.seen.event?.frame ?? -1)))
        this.seen.settled(one as unknown as SettledNews);
    for (const one of news.filter((each) => Number(each.time) > this.told && each.kind !== "settled")) {
      const kind = one.kind === "rule" || one.kind === "source" ? one.kind : "note";
      const text =
        kind === "rule"
          ? `Rule “${one.rule}” came true`
          : kind === "source"
            ? `The source: ${one.state}. ${one.message}`.trim()
            : String(one.message);
      this.seen.add({ kind, label: null, text, picture: null, time: Number(one.time) });
    }
    this.told = Math.max(this.told, ...view.news.map((one) => Number(one.time)));
  }
}
