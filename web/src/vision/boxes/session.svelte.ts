// The photos whose boxes are drawn one after the other. Each change goes to the studio at once and in turn; where somebody
// else was quicker, theirs stay and a person decides.
import { type ApiError, asApiError } from "@/api/problem";
import { drawBoxes, type PhotoView, type Show } from "@/api/vision";
import { plural } from "@/core/format";
import { toasts } from "@/core/ui/toasts.svelte";
import { allPhotos } from "../data/allPhotos";
import type { Editing } from "./engine/editing";
import type { Box } from "./engine/geometry";
import { type Boxes, Steps, same } from "./engine/steps";

const PATIENCE_MS = 3000;
/** Theirs, with what was drawn here. */
export interface Dispute {
  photo: PhotoView;
  mine: Boxes;
}
export const boxesOf = (photo: PhotoView | undefined): Boxes =>
  (photo?.boxes as Box[] | null | undefined) ?? null;

export class BoxSession {
  photos = $state.raw<PhotoView[] | undefined>(undefined);
  index = $state(0);
  error = $state.raw<ApiError | undefined>(undefined);
  editing = $state.raw<Editing>({ boxes: null, selected: undefined });
  disputes = $state.raw<Dispute[]>([]);
  undoable = $state(0);
  redoable = $state(0);
  copied = $state.raw<readonly Box[]>([]);
  state = $state<"saved" | "saving" | "offline">("saved");
  current = $derived(this.photos?.[this.index]);
  dispute = $derived(this.disputes.find((one) => one.photo.sha256 === this.current?.sha256));
  /** The photos that nobody had looked at when they came. */
  unseen: ReadonlySet<string> = new Set();
  private readonly steps = new Steps();
  private readonly waiting = new Map<string, Boxes>();
  private sending = false;
  private turn = 0;

  constructor(
    readonly project: string,
    private readonly onsaved: () => void,
  ) {}

  /** The photos that are like that; with `wanted`, asked for before, only those and in that order. */
  async load(show: Show, wanted?: () => Promise<readonly string[]>): Promise<void> {
    this.turn += 1;
    const turn = this.turn;
    this.photos = undefined;
    try {
      const order = await wanted?.();
      const all = await allPhotos(this.project, show, () => turn === this.turn);
      if (!all || turn !== this.turn) return;
      const by = new Map(all.map((photo) => [photo.sha256, photo]));
      this.photos = order ? order.flatMap((sha256) => by.get(sha256) ?? []) : all;
      this.unseen = new Set(all.filter((photo) => !photo.boxes).map((photo) => photo.sha256));
      this.error = undefined;
      this.go(0);
    } catch (thrown) {
      if (turn === this.turn) this.error = asApiError(thrown);
    }
  }

  go(index: number): void {
    this.index = Math.max(0, Math.min(index, this.photos?.length ?? 0));
    this.editing = { boxes: boxesOf(this.current), selected: undefined };
  }

  /** Shows what is being done, which is not kept yet. */
  show(next: Editing): void {
    this.editing = next;
  }

  /** Keeps what was done. Steps that follow with the same tag are taken back as one. */
  keep(next: Editing, tag?: string): void {
    const photo = this.current;
    this.editing = next;
    const before = boxesOf(photo);
    if (!photo || same(before, next.boxes)) return;
    this.steps.push({ sha256: photo.sha256, before, after: next.boxes, tag });
    this.put(photo.sha256, next.boxes);
  }

  undo(): void {
    const step = this.steps.back();
    if (step) this.replay(step.sha256, step.before);
  }

  redo(): void {
    const step = this.steps.again();
    if (step) this.replay(step.sha256, step.after);
  }

  copy(): void {
    const { boxes, selected } = this.editing;
    this.copied = selected === undefined ? (boxes ?? []) : (boxes ?? []).slice(selected, selected + 1);
    if (this.copied.length) toasts.show(`${plural(this.copied.length, "box", "boxes")} copied.`);
  }

  /** The boxes of the photo before this one, where nothing was copied. */
  get forPasting(): readonly Box[] {
    return this.copied.length ? this.copied : (boxesOf(this.photos?.[this.index - 1]) ?? []);
  }

  /** Mine all the same, now that theirs have been seen, or theirs. */
  settle(dispute: Dispute, mine: boolean): void {
    this.disputes = this.disputes.filter((one) => one !== dispute);
    if (mine) this.put(dispute.photo.sha256, dispute.mine);
    if (dispute.photo.sha256 === this.current?.sha256) this.go(this.index);
  }

  drop(sha256: string): void {
    this.photos = this.photos?.filter((photo) => photo.sha256 !== sha256);
    this.go(this.index);
  }

  private replay(sha256: string, boxes: Boxes): void {
    const found = this.photos?.findIndex((photo) => photo.sha256 === sha256) ?? -1;
    if (found >= 0) this.put(sha256, boxes);
    if (found >= 0) this.go(found);
    this.count();
  }

  private count(): void {
    this.undoable = this.steps.undoable;
    this.redoable = this.steps.redoable;
  }

  private put(sha256: string, boxes: Boxes): void {
    this.replace(sha256, { boxes: boxes as PhotoView["boxes"] });
    this.waiting.set(sha256, boxes);
    this.count();
    void this.send();
  }

  private replace(sha256: string, fresh: Partial<PhotoView>): void {
    this.photos = this.photos?.map((photo) => (photo.sha256 === sha256 ? { ...photo, ...fresh } : photo));
  }

  /** One after the other: the version of the one before is that of the next. */
  private async send(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    this.state = "saving";
    for (let next = this.next(); next; next = this.next()) {
      const [sha256, boxes] = next;
      const version = this.photos?.find((photo) => photo.sha256 === sha256)?.version;
      try {
        const outcome = await drawBoxes(this.project, [{ sha256, boxes: boxes && [...boxes], version }]);
        for (const photo of outcome.done)
          this.replace(sha256, { version: photo.version, doubts: photo.doubts });
        for (const photo of outcome.refused) this.disputed(photo, boxes);
        if (outcome.gone.length) toasts.show("This photo had been removed by somebody else.");
        this.onsaved();
      } catch (thrown) {
        if (!asApiError(thrown).offline) toasts.error(thrown);
        else {
          if (!this.waiting.has(sha256)) this.waiting.set(sha256, boxes);
          this.state = "offline";
          await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
        }
      }
    }
    this.sending = false;
    this.state = "saved";
  }

  private next(): [string, Boxes] | undefined {
    const [first] = this.waiting;
    if (first) this.waiting.delete(first[0]);
    return first;
  }

  private disputed(photo: PhotoView, mine: Boxes): void {
    this.waiting.delete(photo.sha256);
    this.steps.forget(photo.sha256);
    this.count();
    this.replace(photo.sha256, photo);
    if (same(boxesOf(photo), mine)) return;
    this.disputes = [...this.disputes.filter((one) => one.photo.sha256 !== photo.sha256), { photo, mine }];
    if (photo.sha256 === this.current?.sha256) this.go(this.index);
  }
}
