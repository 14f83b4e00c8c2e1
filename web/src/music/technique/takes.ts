// Which events are taken back, with an undo of its own. Plain values, so that a page that comes back goes on from here.

export class Takes {
  private readonly past: ReadonlySet<number>[] = [];
  private future: ReadonlySet<number>[] = [];

  constructor(public now: ReadonlySet<number> = new Set()) {}

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.future.length > 0;
  }

  /** Takes an event back, or puts it again; says which. */
  toggle(index: number): "taken back" | "put again" {
    const next = new Set(this.now);
    const put = next.delete(index);
    if (!put) next.add(index);
    this.become(next);
    return put ? "put again" : "taken back";
  }

  take(indices: Iterable<number>): void {
    this.become(new Set([...this.now, ...indices]));
  }

  none(): void {
    if (this.now.size > 0) this.become(new Set());
  }

  private become(next: ReadonlySet<number>): void {
    this.past.push(this.now);
    this.future = [];
    this.now = next;
  }

  undo(): boolean {
    const last = this.past.pop();
    if (!last) return false;
    this.future.push(this.now);
    this.now = last;
    return true;
  }

  redo(): boolean {
    const next = this.future.pop();
    if (!next) return false;
    this.past.push(this.now);
    this.now = next;
    return true;
  }
}
