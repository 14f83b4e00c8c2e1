// A function tried on a few frames: what it is tried on, and what came of it.
import { type FunctionTrial, type TriedFrame, type TriedFunction, tryFunction } from "@/api/functions";
import { ApiError, asApiError } from "@/api/problem";
import { Draft } from "@/core/drafts";
import { fromFiles, fromProject, pictureAddress } from "./pictures";

export type Origin = "camera" | "project" | "files";

/** What a person tries functions on: kept in this browser between visits. */
export interface Ground {
  run: string;
  from: Origin;
  source: string;
  project: string;
  frames: number;
}

export const grounds = () => new Draft<Ground>("trivium.vision.functions.try", 1, localStorage);

export interface ShownFrame extends TriedFrame {
  url: string;
}

export class Trial {
  busy = $state(false);
  error = $state.raw<ApiError | null>(null);
  result = $state.raw<(Omit<TriedFunction, "frames"> & { frames: ShownFrame[] }) | null>(null);
  /** The text that it was. */
  code = $state("");
  private turn = 0;

  async go(code: string, on: Ground, files: readonly File[]): Promise<void> {
    const turn = ++this.turn;
    this.busy = true;
    this.error = null;
    try {
      const asked: FunctionTrial = { code, run: on.run || null, frames: on.frames, source: on.source };
      if (on.from === "files" && files.length === 0)
        throw new ApiError("No file is chosen.", "Choose photos or a film to try it on.", -1, "file");
      if (on.from !== "camera") {
        const pictures =
          on.from === "files" ? await fromFiles(files, on.frames) : await fromProject(on.project, on.frames);
        asked.moments = pictures.map((picture) => ({ picture }));
        asked.source = "demo";
      }
      const found = await tryFunction(asked);
      if (turn !== this.turn) return;
      this.clear();
      const frames = found.frames.map((one) => ({
        ...one,
        url: one.picture ? pictureAddress(one.picture) : "",
      }));
      [this.result, this.code] = [{ ...found, frames }, code];
    } catch (thrown) {
      if (turn === this.turn) this.error = asApiError(thrown);
    }
    if (turn === this.turn) this.busy = false;
  }

  /** Gives the pictures back. */
  clear(): void {
    for (const { url } of this.result?.frames ?? []) if (url) URL.revokeObjectURL(url);
    this.result = null;
  }

  /** The page was left. */
  leave(): void {
    this.turn += 1;
    this.clear();
  }
}
