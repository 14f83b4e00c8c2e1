// A film that a model is shown: what it says from when to when. Only the newest question counts.
import { type ApiError, asApiError } from "@/api/problem";
import { type ClipVerdict, classifyClip } from "@/api/vision";

export class Film {
  file = $state.raw<File | null>(null);
  verdict = $state.raw<ClipVerdict | null>(null);
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
      const said = await classifyClip(run, file, file.name);
      if (turn === this.turn) this.verdict = said;
    } catch (thrown) {
      if (turn === this.turn) this.error = asApiError(thrown);
    }
    if (turn === this.turn) this.busy = false;
  }
}
