// This browser's camera, judged frame by frame: the next is sent when the last is answered, so that nothing piles up and
// the newest frame counts.

import { lookAtFrame } from "@/api/looking";
import { type ApiError, asApiError } from "@/api/problem";
import { classifyFrame } from "@/api/vision";
import type { Seen } from "./seen.svelte";
import { type About, eventOf, eventOfLook, type Frame, Votes } from "./verdicts";

const [EVERY_MS, AFTER_ERROR_MS] = [60, 2000];

export class OwnWatch {
  running = $state(false);
  error = $state.raw<ApiError | null>(null);
  private turn = 0;

  constructor(private readonly seen: Seen) {}

  begin(run: string, about: About, pixels: () => ImageData | null): void {
    this.stop();
    this.seen.clear();
    this.running = true;
    void this.go(run, about, pixels, this.turn);
  }

  stop(): void {
    this.turn += 1;
    [this.running, this.error] = [false, null];
  }

  private async go(run: string, about: About, pixels: () => ImageData | null, turn: number): Promise<void> {
    const votes = new Votes();
    for (let number = 0; turn === this.turn; ) {
      const [begin, time, image] = [performance.now(), Date.now() / 1000, pixels()];
      try {
        if (image) {
          const judged = about.places ? await lookAtFrame(run, image) : await classifyFrame(run, image);
          const bitmap = await createImageBitmap(image);
          if (turn !== this.turn) return;
          const { width, height } = image;
          const frame: Frame = {
            number: number++,
            time,
            width,
            height,
            latencyMs: performance.now() - begin,
          };
          const event =
            "predicted" in judged
              ? eventOf(judged, frame, about, votes)
              : eventOfLook(judged, frame, about, votes);
          this.seen.see(event, bitmap, event.settled?.new ? await jpegOf(bitmap) : null);
          this.error = null;
        }
      } catch (thrown) {
        if (turn === this.turn) this.error = asApiError(thrown);
      }
      await new Promise((resolve) => setTimeout(resolve, this.error ? AFTER_ERROR_MS : EVERY_MS));
    }
  }
}

/** A picture as a file that can go into the photos. */
export function jpegOf(picture: ImageBitmap): Promise<Blob | null> {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [picture.width, picture.height];
  canvas.getContext("2d")?.drawImage(picture, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
}
