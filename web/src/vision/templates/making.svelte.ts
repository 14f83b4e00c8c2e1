// A project in the making: begun by a press, asked for until it is there, given up by another press.
import { type ApiError, asApiError } from "@/api/problem";
import { dropMaking, getMaking, type MakingView, makeFromTemplate } from "@/api/templates";

const EVERY_MS = 500;

export class Making {
  /** The template that is being made. */
  template = $state("");
  share = $state(0);
  error = $state.raw<ApiError | null>(null);
  private turn = 0;
  private id = "";

  /** The project's name once it is made; nothing where it failed or was given up. */
  async begin(template: string): Promise<string> {
    const turn = ++this.turn;
    [this.template, this.share, this.error] = [template, 0, null];
    try {
      for (let view: MakingView = await makeFromTemplate(template); turn === this.turn; ) {
        [this.id, this.share] = [view.id, view.share];
        if (view.state === "done" && view.project) return this.over(turn, view.project);
        if (view.state === "failed")
          throw new Error(`${view.message ?? "It could not be made."} ${view.hint ?? ""}`);
        await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
        view = await getMaking(view.id);
      }
    } catch (thrown) {
      if (turn === this.turn) this.error = asApiError(thrown);
    }
    return this.over(turn, "");
  }

  private over(turn: number, project: string): string {
    if (turn === this.turn) [this.template, this.id] = ["", ""];
    return project;
  }

  giveUp(): void {
    this.turn += 1;
    if (this.id) void dropMaking(this.id).catch(() => undefined);
    [this.template, this.id, this.share] = ["", "", 0];
  }
}
