// The videos whose ranges are named one after the other. Each change goes to the studio at once; where somebody else was
// quicker, theirs is shown and stays.
import { type ApiError, asApiError } from "@/api/problem";
import { getPhoto, type PhotoView, setRanges } from "@/api/vision";
import { toasts } from "@/core/ui/toasts.svelte";
import { allPhotos } from "../data/allPhotos";
import type { Range } from "./strip";

interface Step {
  sha256: string;
  before: Range[] | null;
}

export class RangeSession {
  videos = $state.raw<PhotoView[] | undefined>(undefined);
  index = $state(0);
  error = $state.raw<ApiError | undefined>(undefined);
  busy = $state(false);
  undoable = $state(0);
  current = $derived(this.videos?.[this.index]);
  private readonly steps: Step[] = [];
  private gone = false;

  constructor(readonly project: string) {}

  async load(): Promise<void> {
    try {
      const all = await allPhotos(this.project, "all", () => !this.gone);
      if (!all) return;
      const first = all.findIndex((one) => rangesOf(one).length === 0);
      this.videos = all;
      this.index = Math.max(0, first);
      this.error = undefined;
    } catch (thrown) {
      this.error = asApiError(thrown);
    }
  }

  leave(): void {
    this.gone = true;
  }

  go(index: number): void {
    this.index = Math.max(0, Math.min(index, (this.videos?.length ?? 1) - 1));
  }

  /** Other ranges for the video that is shown; false where they could not be kept. */
  async keep(ranges: Range[] | null): Promise<boolean> {
    const video = this.current;
    if (!video || this.busy) return false;
    const before = rangesOf(video);
    if (!(await this.send(video, ranges))) return false;
    this.steps.push({ sha256: video.sha256, before: before.length ? before : null });
    this.undoable = this.steps.length;
    return true;
  }

  async undo(): Promise<void> {
    const step = this.steps.pop();
    this.undoable = this.steps.length;
    const place = this.videos?.findIndex((one) => one.sha256 === step?.sha256) ?? -1;
    if (!step || place < 0) return;
    this.go(place);
    if (this.current) await this.send(this.current, step.before);
  }

  private async send(video: PhotoView, ranges: Range[] | null): Promise<boolean> {
    this.busy = true;
    try {
      this.replace(await setRanges(this.project, video.sha256, { ranges, version: video.version }));
      return true;
    } catch (thrown) {
      toasts.error(thrown);
      if (asApiError(thrown).status === 409)
        this.replace(await getPhoto(this.project, video.sha256).catch(() => video));
      return false;
    } finally {
      this.busy = false;
    }
  }

  private replace(fresh: PhotoView): void {
    this.videos = this.videos?.map((one) => (one.sha256 === fresh.sha256 ? fresh : one));
  }
}

/** What a video shows: its ranges, or the whole where it has one class. */
export function rangesOf(video: PhotoView): Range[] {
  if (video.label !== null && video.video)
    return [{ label: video.label, start_s: 0, end_s: video.video.duration_s }];
  return video.video?.ranges ?? [];
}
