// A model that is shown something: a photo, or one frame of the camera after the other. Only the newest question counts.
import { type Look, lookAtFrame } from "@/api/looking";
import { type ApiError, asApiError } from "@/api/problem";
import { classifyFrame, classifyPhoto, type Verdict } from "@/api/vision";

const [EVERY_MS, AFTER_ERROR_MS] = [200, 2000]; // between looks at the camera
const LONGER_SIDE = 1024; // pixels of a frame that is sent

export class Trying {
  file = $state.raw<File | null>(null);
  verdict = $state.raw<Verdict | null>(null);
  /** Of a model that says where things are: what it sees, and on which picture. */
  look = $state.raw<Look | null>(null);
  picture = $state.raw<ImageBitmap | null>(null);
  error = $state.raw<ApiError | null>(null);
  busy = $state(false);
  private turn = 0;

  /** What was asked before is forgotten, its answer too. */
  clear(file: File | null = null): number {
    this.turn += 1;
    this.picture?.close();
    [this.file, this.verdict, this.error, this.busy] = [file, null, null, false];
    [this.look, this.picture] = [null, null];
    return this.turn;
  }

  /** `places`: whether the model says where things are. */
  async see(run: string, file: File, places = false): Promise<void> {
    const turn = this.clear(file);
    this.busy = true;
    try {
      if (places) await this.places(run, await pixelsOf(file), turn);
      else {
        const said = await classifyPhoto(run, file, file.name);
        if (turn === this.turn) this.verdict = said;
      }
    } catch (thrown) {
      if (turn === this.turn) this.error = asApiError(thrown);
    }
    if (turn === this.turn) this.busy = false;
  }

  /** One look after the other until the returned function is called: the next begins when the last is answered. */
  watch(run: string, pixels: () => ImageData | null, places = false): () => void {
    const turn = this.clear();
    const go = async () => {
      while (turn === this.turn) {
        const frame = pixels();
        try {
          if (frame && places) await this.places(run, frame, turn);
          else if (frame) {
            const said = await classifyFrame(run, frame);
            if (turn === this.turn) this.verdict = said;
          }
          if (frame && turn === this.turn) this.error = null;
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

  private async places(run: string, frame: ImageData, turn: number): Promise<void> {
    const [seen, bitmap] = await Promise.all([lookAtFrame(run, frame), createImageBitmap(frame)]);
    if (turn !== this.turn) {
      bitmap.close();
      return;
    }
    this.picture?.close();
    [this.look, this.picture] = [seen, bitmap];
  }
}

/** A photo's pixels, upright, no more of them than may be sent. */
async function pixelsOf(file: File): Promise<ImageData> {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error("This browser can't show this picture. Save it as JPEG or PNG.");
  });
  const scale = Math.min(1, LONGER_SIDE / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(8, Math.round(side * scale)));
  const context = new OffscreenCanvas(width ?? 8, height ?? 8).getContext("2d");
  context?.drawImage(bitmap, 0, 0, width ?? 8, height ?? 8);
  bitmap.close();
  if (!context) throw new Error("This browser can't read the picture.");
  return context.getImageData(0, 0, width ?? 8, height ?? 8);
}
