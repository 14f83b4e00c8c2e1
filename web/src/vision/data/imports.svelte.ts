// Photos on their way into a project: sent, then read by the server, asked for until they are in.
import { type ApiError, asApiError } from "@/api/problem";
import { dropImport, getImport, type ImportView, listImports, sendPhotos } from "@/api/vision";
import type { Picked } from "@/core/picked";
import { toasts } from "@/core/ui/toasts.svelte";
import { zipOfFiles } from "@/core/zip";
import { parts } from "../engine/intake";

const [SOON_MS, LATER_MS, SLOWER] = [400, 3000, 1.15];

export interface Import {
  key: number;
  title: string;
  /** 0 to 1 of what is being made ready and sent, null once it is there. */
  sent: number | null;
  view: ImportView | null;
  error: ApiError | null;
}

export class Imports {
  list = $state.raw<Import[]>([]);
  private next = 1;
  private gone = false;
  /** What breaks off the sending that a row belongs to, with the parts of it that still wait. */
  private readonly sendings = new Map<number, AbortController>();

  constructor(
    readonly project: string,
    private readonly onchanged: () => void,
  ) {}

  /** Takes up what the server is still reading, from before this page was opened. */
  start(): () => void {
    void listImports()
      .then((all) => {
        for (const view of all)
          if (view.project === this.project && isGoingOn(view))
            void this.follow(this.add(view.file, null, view));
      })
      .catch(() => undefined);
    return () => {
      this.gone = true;
    };
  }

  /** Sends files: photos together as a zip, one alone and each zip as it is. Whether all of them were taken. */
  async send(picked: readonly Picked[], title: string, label?: string): Promise<boolean> {
    const all = parts(picked);
    const sending = new AbortController();
    let good = true;
    for (const [k, part] of all.entries()) {
      if (sending.signal.aborted) return false;
      const key = this.add(all.length > 1 ? `${title}, part ${k + 1} of ${all.length}` : title, 0, null);
      this.sendings.set(key, sending);
      try {
        const view = await this.bring(key, part, sending.signal, label);
        this.sendings.delete(key);
        if (sending.signal.aborted) await dropImport(view.id).catch(() => undefined); // it had just arrived
        this.patch(key, { sent: null, view });
        good = (await this.follow(key)) && good;
      } catch (thrown) {
        this.sendings.delete(key);
        this.patch(key, { sent: null, error: asApiError(thrown) });
        good = false;
      }
    }
    return good;
  }

  private async bring(key: number, part: Picked[], signal: AbortSignal, label?: string): Promise<ImportView> {
    const [only] = part;
    const alone = part.length === 1 && only !== undefined;
    // A file that has gone since it was chosen fails here; sent all the same, it would look as if the server were away.
    if (alone) await only.file.slice(0, 1).arrayBuffer();
    const ready = alone ? 0 : 0.3;
    const body = alone
      ? only.file
      : await zipOfFiles(part, (share) => this.patch(key, { sent: share * ready }), signal);
    return sendPhotos({
      project: this.project,
      file: alone ? (only.name.split("/").at(-1) ?? only.name) : "photos.zip",
      body,
      label,
      signal,
      progress: (share) => this.patch(key, { sent: ready + share * (1 - ready) }),
    });
  }

  /** Closes a row; what is still going on is broken off, on its way or on the server. */
  async drop(key: number): Promise<void> {
    const one = this.list.find((each) => each.key === key);
    if (!one) return;
    this.sendings.get(key)?.abort();
    if (one.view && isGoingOn(one.view)) {
      try {
        await dropImport(one.view.id);
      } catch (thrown) {
        if (asApiError(thrown).status !== 404) {
          toasts.error(thrown); // it goes on, and stays in sight
          return;
        }
      }
      this.onchanged();
    }
    this.list = this.list.filter((each) => each.key !== key);
  }

  private add(title: string, sent: number | null, view: ImportView | null): number {
    const key = this.next++;
    this.list = [...this.list, { key, title, sent, view, error: null }];
    return key;
  }

  private patch(key: number, change: Partial<Import>): void {
    this.list = this.list.map((one) => (one.key === key ? { ...one, ...change } : one));
  }

  /** Asks until it is in, less and less often; a server that is away for a while is waited for. */
  private async follow(key: number): Promise<boolean> {
    for (let wait = SOON_MS; ; wait = Math.min(LATER_MS, wait * SLOWER)) {
      const one = this.list.find((each) => each.key === key);
      if (!one?.view || this.gone) return false;
      if (!isGoingOn(one.view)) {
        this.onchanged();
        return one.view.state === "done";
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
      try {
        this.patch(key, { view: await getImport(one.view.id) });
      } catch (thrown) {
        const error = asApiError(thrown);
        if (error.offline || error.status >= 500) continue;
        this.patch(key, { error });
        return false;
      }
    }
  }
}

const isGoingOn = (view: ImportView) => view.state === "waiting" || view.state === "working";
