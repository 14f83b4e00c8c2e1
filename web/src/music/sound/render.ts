// A score as a WAV file, rendered beside the page so that nothing stutters; can be called off.
import * as bundled from "virtual:soundfont";
import { ApiError } from "@/api/problem";
import type { Score } from "../engine/document";
import { performanceOf } from "./performance";
import type { RenderAnswer, RenderOrder } from "./render.worker";

export function renderWav(
  score: Score,
  ownFont: ArrayBuffer | null,
  onprogress: (share: number) => void,
  signal: AbortSignal,
): Promise<Blob> {
  const worker = new Worker(new URL("./render.worker.ts", import.meta.url), { type: "module" });
  const order: RenderOrder = {
    performance: performanceOf(score),
    font: ownFont ? { bytes: ownFont } : { url: bundled.url },
  };
  return new Promise<Blob>((resolve, reject) => {
    const failed = () =>
      reject(
        new ApiError(
          "The sound could not be rendered.",
          "Try it once more; a smaller sound font may help.",
          -1,
          "render",
        ),
      );
    worker.onerror = failed;
    worker.onmessage = (message: MessageEvent<RenderAnswer>) => {
      const answer = message.data;
      if (answer.kind === "progress") onprogress(answer.share);
      else if (answer.kind === "done") resolve(new Blob([answer.wav], { type: "audio/wav" }));
      else failed();
    };
    signal.addEventListener("abort", () => reject(new DOMException("called off", "AbortError")));
    worker.postMessage(order);
  }).finally(() => worker.terminate());
}
