// The training sets, and those in the making: asked for again while something is being made.
import { type ApiError, asApiError } from "@/api/problem";
import { listMakings, listSets, type MakingView, type SetSummary } from "@/api/training";

const POLL_MS = 700;

export class TrainingSets {
  sets = $state.raw<SetSummary[] | undefined>(undefined);
  makings = $state.raw<MakingView[]>([]);
  error = $state.raw<ApiError | undefined>(undefined);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private gone = false;

  start(): () => void {
    void this.load();
    return () => {
      this.gone = true;
      clearTimeout(this.timer);
    };
  }

  get taken(): string[] {
    return [
      ...(this.sets ?? []).map((set) => set.name),
      ...this.makings.filter(isGoingOn).map((one) => one.name),
    ];
  }

  async load(): Promise<void> {
    clearTimeout(this.timer);
    try {
      // In this order: what is done between the two answers is then in the second.
      this.makings = (await listMakings()).filter((one) => one.state !== "done");
      this.sets = await listSets();
      this.error = undefined;
    } catch (thrown) {
      this.error = asApiError(thrown);
    }
    if (!this.gone && (this.error || this.makings.some(isGoingOn)))
      this.timer = setTimeout(() => void this.load(), POLL_MS);
  }
}

const isGoingOn = (making: MakingView) => making.state === "waiting" || making.state === "working";
