// The photos whose masks are painted one after the other. What was painted goes to the studio at once and in turn; where
// somebody else was quicker, theirs stays and a person decides.
import { deleteMask, getMask, putMask } from "@/api/masks";
import { type ApiError, asApiError } from "@/api/problem";
import { getPhoto, type PhotoView, type Show } from "@/api/vision";
import { toasts } from "@/core/ui/toasts.svelte";
import { allPhotos } from "../data/allPhotos";
import { difference, MaskHistory } from "./engine/history";
import { blank, copied, type Mask } from "./engine/mask";
import { decoded, encoded } from "./engine/png";

const PATIENCE_MS = 3000;
const MOST_OPEN = 30; // masks in memory, a megabyte each
const CHANGED = 409;

/** A photo's mask as it is here. */
interface Open {
  mask: Mask;
  /** Whether somebody has looked at the photo; else the mask is empty and not kept. */
  looked: boolean;
  history: MaskHistory;
}

export class MaskSession {
  photos = $state.raw<PhotoView[] | undefined>(undefined);
  index = $state(0);
  error = $state.raw<ApiError | undefined>(undefined);
  state = $state<"saved" | "saving" | "offline">("saved");
  /** The photos on which somebody else was quicker. */
  disputes = $state.raw<readonly PhotoView[]>([]);
  /** Rises whenever the mask that is shown has changed. */
  tick = $state(0);
  open = $state.raw<Open | undefined>(undefined);
  current = $derived(this.photos?.[this.index]);
  dispute = $derived(this.disputes.find((one) => one.sha256 === this.current?.sha256));
  undoable = $state(0);
  redoable = $state(0);
  looked = $state(false);
  private readonly kept = new Map<string, Open>();
  private readonly waiting = new Set<string>();
  private before: Mask | undefined;
  private sending = false;
  private turn = 0;

  constructor(
    readonly project: string,
    private readonly onsaved: () => void,
  ) {}

  async load(show: Show): Promise<void> {
    this.turn += 1;
    const turn = this.turn;
    [this.photos, this.open] = [undefined, undefined];
    try {
      const all = await allPhotos(this.project, show, () => turn === this.turn);
      if (!all) return;
      [this.photos, this.error] = [all, undefined];
      this.go(0);
    } catch (thrown) {
      if (turn === this.turn) this.error = asApiError(thrown);
    }
  }

  go(index: number): void {
    this.abandon();
    this.index = Math.max(0, Math.min(index, this.photos?.length ?? 0));
    void this.opened();
  }

  /** Fetches the mask of the photo that is shown. */
  private async opened(): Promise<void> {
    const photo = this.current;
    this.open = photo && this.kept.get(photo.sha256);
    this.touched();
    if (!photo || this.open) return;
    try {
      const found = await this.fetched(photo);
      this.keep(photo.sha256, found);
      if (this.current?.sha256 === photo.sha256) this.open = found;
      this.touched();
    } catch (thrown) {
      if (this.current?.sha256 === photo.sha256) this.error = asApiError(thrown);
    }
  }

  private async fetched(photo: PhotoView): Promise<Open> {
    const [width = 1, height = 1] = photo.mask_size;
    const history = new MaskHistory();
    if (!photo.mask) return { mask: blank(width, height), looked: false, history };
    const { file, version } = await getMask(this.project, photo.sha256);
    if (version) this.replace(photo.sha256, { version });
    return { mask: await decoded(file), looked: true, history };
  }

  private keep(sha256: string, found: Open): void {
    this.kept.set(sha256, found);
    const old = [...this.kept.keys()].filter((one) => one !== sha256 && !this.waiting.has(one));
    for (const one of old.slice(0, Math.max(0, this.kept.size - MOST_OPEN))) this.kept.delete(one);
  }

  /** Begins a step that is not kept until `finish`. */
  begin(): Mask | undefined {
    if (this.open && !this.before) this.before = copied(this.open.mask);
    return this.open?.mask;
  }

  /** What is shown has changed. */
  touched(): void {
    this.tick += 1;
    this.looked = this.open?.looked ?? false;
    this.undoable = this.open?.history.undoable ?? 0;
    this.redoable = this.open?.history.redoable ?? 0;
  }

  finish(): void {
    const { open, before, current } = this;
    this.before = undefined;
    if (!open || !before || !current) return;
    const patch = difference(before.data, open.mask.data);
    if (patch.length === 0 && open.looked) return;
    open.history.push(patch, !open.looked);
    open.looked = true;
    this.put(current.sha256);
  }

  /** As if the step had not begun. */
  abandon(): void {
    if (this.before && this.open) this.open.mask.data.set(this.before.data);
    this.before = undefined;
    this.touched();
  }

  /** A whole step at once. */
  change(paint: (mask: Mask) => void): void {
    const mask = this.begin();
    if (!mask) return;
    paint(mask);
    this.finish();
  }

  undo(): void {
    const { open, current } = this;
    const had = open?.history.back(open.mask);
    if (!open || !current || had === undefined) return;
    open.looked = had;
    this.put(current.sha256);
  }

  redo(): void {
    const { open, current } = this;
    if (!open?.history.again(open.mask) || !current) return;
    open.looked = true;
    this.put(current.sha256);
  }

  drop(sha256: string): void {
    this.kept.delete(sha256);
    this.photos = this.photos?.filter((photo) => photo.sha256 !== sha256);
    this.go(this.index);
  }

  /** Mine all the same, or theirs. */
  settle(photo: PhotoView, mine: boolean): void {
    this.disputes = this.disputes.filter((one) => one.sha256 !== photo.sha256);
    this.replace(photo.sha256, photo);
    if (mine) this.put(photo.sha256);
    else {
      this.kept.delete(photo.sha256);
      void this.opened();
    }
  }

  private put(sha256: string): void {
    this.touched();
    this.waiting.add(sha256);
    void this.send();
  }

  private replace(sha256: string, fresh: Partial<PhotoView>): void {
    this.photos = this.photos?.map((photo) => (photo.sha256 === sha256 ? { ...photo, ...fresh } : photo));
  }

  /** One after the other, each as it is when its turn comes: the version of the one before is that of the next. */
  private async send(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    this.state = "saving";
    for (let [next] = this.waiting; next; [next] = this.waiting) {
      this.waiting.delete(next);
      try {
        this.replace(next, await this.sent(next));
        this.onsaved();
      } catch (thrown) {
        await this.failed(next, asApiError(thrown));
      }
    }
    this.sending = false;
    this.state = "saved";
  }

  private async sent(sha256: string): Promise<Partial<PhotoView>> {
    const open = this.kept.get(sha256);
    const version = this.photos?.find((photo) => photo.sha256 === sha256)?.version;
    if (!open) return {};
    const photo = open.looked
      ? await putMask(this.project, sha256, await encoded(open.mask), version)
      : await deleteMask(this.project, sha256, version);
    return { version: photo.version, mask: photo.mask, doubts: photo.doubts };
  }

  private async failed(sha256: string, error: ApiError): Promise<void> {
    if (error.offline) {
      this.waiting.add(sha256);
      this.state = "offline";
      await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
    } else if (error.status === CHANGED) {
      const theirs = await getPhoto(this.project, sha256).catch(() => undefined);
      if (theirs) this.disputes = [...this.disputes.filter((one) => one.sha256 !== sha256), theirs];
    } else toasts.error(error);
  }
}
