// Saves the open composition a moment after each change, and knows when another page was quicker.
import { type Composition, type CompositionView, createComposition, saveComposition } from "@/api/music";
import { type ApiError, asApiError } from "@/api/problem";

const WAIT_MS = 900;
const AGAIN_MS = 4000;

export class Saver {
  state = $state<"saved" | "waiting" | "saving" | "failed" | "overtaken">("saved");
  error = $state.raw<ApiError | null>(null);
  private next: (() => Composition) | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: Promise<void> | null = null;

  constructor(
    readonly id: string,
    private version: number,
    private readonly onsaved: (view: CompositionView) => void = () => {},
  ) {}

  /** `read` is called when it is time to save, so that a hundred edits in a second are read once. */
  later(read: () => Composition): void {
    if (this.state === "overtaken") return;
    this.next = read;
    if (this.state !== "saving") this.state = "waiting";
    this.wait(WAIT_MS);
  }

  private wait(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.now(), ms);
  }

  /** Saves what is waiting at once; resolves when it is on the server or has failed. */
  async now(): Promise<void> {
    clearTimeout(this.timer);
    await this.running;
    if (!this.next || this.state === "overtaken") return;
    this.running = this.send(this.next);
    this.next = null;
    await this.running;
    this.running = null;
    if (this.next && this.state !== "failed") this.wait(WAIT_MS);
  }

  private async send(read: () => Composition): Promise<void> {
    this.state = "saving";
    try {
      const view = await saveComposition(this.id, this.version, read());
      this.version = view.version;
      this.state = this.next ? "waiting" : "saved";
      this.error = null;
      this.onsaved(view);
    } catch (thrown) {
      this.error = asApiError(thrown);
      this.next ??= read;
      this.state = this.error.status === 409 ? "overtaken" : "failed";
      if (this.error.offline) this.wait(AGAIN_MS);
    }
  }

  /** What was edited here, kept as a step of its own beside the one that another page saved. */
  keepBeside(composition: Composition): Promise<CompositionView> {
    return createComposition({ composition, technique: "edit", parent: this.id });
  }
}
