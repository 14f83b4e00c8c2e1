// Photos on their way into a project: sent, then read by the server, asked for until they are in.
import { type ApiError, asApiError } from "@/api/problem";
import { dropImport, getImport, type ImportView, listImports, sendPhotos } from "@/api/vision";
import type { Picked } from "@/core/picked";
import { zipOfFiles } from "@/core/zip";
import { parts } from "../engine/intake";

const POLL_MS = 400;

export interface Arrival {
  key: number;
  title: string;
  /** 0 to 1 of what is being made ready and sent, null once it is there. */
  sent: number | null;
  view: ImportView | null;
  error: ApiError | null;
}

export class Arrivals {
  list = $state<Arrival[]>([]);
  private next = 1;
  private gone = false;

  constructor(
    readonly project: string,
    private readonly ondone: (view: ImportView) => void,
  ) {}

  /** Takes up what the server is still reading, from before this page was opened. */
  start(): () => void {
    void listImports()
      .then((all) => {
        for (const view of all)
          if (view.project === this.project && (view.state === "waiting" || view.state === "working"))
            void this.follow(this.add(view.file, null, view));
      })
      .catch(() => undefined);
    return () => {
      this.gone = true;
    };
  }

  get busy(): boolean {
    return this.list.some((one) => !one.error && (one.sent !== null || isGoingOn(one.view)));
  }

  /** Sends files; one alone goes as it is, many as a zip. */
  async send(picked: readonly Picked[], title: string, label?: string): Promise<void> {
    for (const part of parts(picked)) {
      const arrival = this.add(title, 0, null);
      const [only] = part;
      try {
        const alone = part.length === 1 && only !== undefined;
        const body = alone
          ? only.file
          : await zipOfFiles(part, (share) => this.patch(arrival, { sent: share * 0.3 }));
        const view = await sendPhotos({
          project: this.project,
          file: alone ? (only.name.split("/").at(-1) ?? only.name) : "photos.zip",
          body,
          label,
          progress: (share) => this.patch(arrival, { sent: 0.3 + share * 0.7 }),
        });
        this.patch(arrival, { sent: null, view });
        await this.follow(arrival);
      } catch (thrown) {
        this.patch(arrival, { sent: null, error: asApiError(thrown) });
      }
    }
  }

  async drop(key: number): Promise<void> {
    const one = this.list.find((each) => each.key === key);
    this.list = this.list.filter((each) => each.key !== key);
    if (one?.view) await dropImport(one.view.id).catch(() => undefined);
  }

  private add(title: string, sent: number | null, view: ImportView | null): number {
    const key = this.next++;
    this.list = [...this.list, { key, title, sent, view, error: null }];
    return key;
  }

  private patch(key: number, change: Partial<Arrival>): void {
    this.list = this.list.map((one) => (one.key === key ? { ...one, ...change } : one));
  }

  private async follow(key: number): Promise<void> {
    for (;;) {
      const one = this.list.find((each) => each.key === key);
      if (!one?.view || this.gone) return;
      if (!isGoingOn(one.view)) {
        this.ondone(one.view);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      try {
        this.patch(key, { view: await getImport(one.view.id) });
      } catch (thrown) {
        this.patch(key, { error: asApiError(thrown) });
        return;
      }
    }
  }
}

const isGoingOn = (view: ImportView | null) => view?.state === "waiting" || view?.state === "working";
