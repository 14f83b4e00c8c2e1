// A model that is shown something: a photo, or one frame of the camera after the other. Only the newest question counts.
import { type ApiError, asApiError } from "@/api/problem";
import { classifyFrame, classifyPhoto, type Verdict } from "@/api/vision";

const [EVERY_MS, AFTER_ERROR_MS] = [200, 2000]; // between looks at the camera

export class Trying {
  file = $state.raw<File | null>(null);
  verdict = $state.raw<Verdict | null>(null);
  error = $state.raw<ApiError | null>(null);
  busy = $state(false);
  private turn = 0;

  /** What was asked before is forgotten, its answer too. */
  clear(file: File | null = null): number {
    this.turn += 1;
    [this.file, this.verdict, this.error, this.busy] = [file, null, null, false];
    return this.turn;
  }

  async look(run: string, file: File): Promise<void> {
    const turn = this.clear(file);
    this.busy = true;
    try {
      const said = await classifyPhoto(run, file, file.name);
      if (turn === this.turn) this.verdict = said;
    } catch (thrown) {
      if (turn === this.turn) this.error = asApiError(thrown);
    }
    if (turn === this.turn) this.busy = false;
  }

  /** One look after the other until the returned function is called: the next begins when the last is answered. */
  watch(run: string, pixels: () => ImageData | null): () => void {
    const turn = this.clear();
    const go = async () => {
      while (turn === this.turn) {
        const frame = pixels();
        try {
          const said = frame && (await classifyFrame(run, frame));
          if (said && turn === this.turn) [this.verdict, this.error] = [said, null];
        } catch (thrown) {
          if (turn === this.turn) this.error = asApiError(thrown);
        }
        await new Promise((resolve) => setTimeout(resolve, this.error ? AFTER_ERROR_MS : EVERY_MS));
      }
    };
    void go();
    return () => {
      if (turn === this.turn) this.turn += 1;
    };
  }
}
