// The function that is open in the editor: its text, what it was when it was opened, and what another has saved
// meanwhile. What is not saved stays in this browser.
import { type FunctionView, getFunction, restoreFunction, saveFunction } from "@/api/functions";
import { ApiError, asApiError } from "@/api/problem";
import { Draft } from "@/core/drafts";

/** A text that was begun from a version; "" where nothing was saved yet. */
interface Unsaved {
  code: string;
  version: string;
}

const draftOf = (name: string) => new Draft<Unsaved>(`trivium.vision.function.${name}`, 1, localStorage);

export class Opened {
  code = $state("");
  /** What the text was begun from. */
  base = $state.raw<Unsaved>({ code: "", version: "" });
  /** The newest that is known here. */
  newest = $state.raw<FunctionView | null>(null);
  /** What somebody else has saved since. */
  theirs = $state.raw<FunctionView | null>(null);
  error = $state.raw<ApiError | null>(null);
  loading = $state(true);
  saving = $state(false);
  /** Whether the text was found in this browser, unsaved from before. */
  found = $state(false);
  unsaved = $derived(this.code !== this.base.code);
  private readonly draft: Draft<Unsaved>;

  constructor(readonly name: string) {
    this.draft = draftOf(name);
    void this.open();
  }

  async open(): Promise<void> {
    this.loading = true;
    try {
      const view = await getFunction(this.name);
      // An example of that name is none that is kept.
      if (view.source === "example")
        throw new ApiError(`No function called “${this.name}” is kept.`, "", 404, "not_found");
      await this.begin(view, this.draft.load());
      this.error = null;
    } catch (thrown) {
      this.error = asApiError(thrown);
      const kept = this.error.status === 404 ? this.draft.load() : null;
      // Deleted meanwhile: what was not saved can be saved as new.
      if (kept)
        [this.code, this.base, this.found, this.error] = [kept.code, { code: "", version: "" }, true, null];
    }
    this.loading = false;
  }

  private async begin(view: FunctionView, kept: Unsaved | null): Promise<void> {
    this.newest = view;
    const version = view.version ?? "";
    if (!kept || kept.code === view.code) return this.adopt(view);
    this.found = true;
    if (kept.version === version) this.base = { code: view.code, version };
    else {
      const old = kept.version ? await getFunction(this.name, kept.version).catch(() => null) : null;
      [this.base, this.theirs] = [{ code: old?.code ?? "", version: kept.version }, view];
    }
    this.code = kept.code;
  }

  /** Shows this one, and begins from it. */
  adopt(view: FunctionView): void {
    [this.newest, this.theirs, this.found] = [view, null, false];
    this.base = { code: view.code, version: view.version ?? "" };
    this.code = view.code;
    this.draft.clear();
  }

  /** What is typed is in this browser at once. */
  keep(): void {
    if (this.loading || this.error) return;
    if (this.unsaved) this.draft.save({ code: this.code, version: this.base.version });
    else this.draft.clear();
  }

  /** Whether it is saved now; where somebody else was quicker, theirs is shown beside it. */
  async save(note = ""): Promise<boolean> {
    if (this.saving) return false;
    this.saving = true;
    const asked = this.code;
    try {
      const view = await saveFunction(this.name, asked, this.base.version, note);
      [this.newest, this.theirs, this.found] = [view, null, false];
      this.base = { code: view.code, version: view.version ?? "" };
      if (this.code === asked) this.code = view.code;
      this.keep();
      return true;
    } catch (thrown) {
      if (!(thrown instanceof ApiError) || thrown.status !== 409) throw thrown;
      this.theirs = await getFunction(this.name);
      return false;
    } finally {
      this.saving = false;
    }
  }

  /** Saves it as the version after theirs, which stays in the list. */
  async saveOnTop(note = ""): Promise<boolean> {
    if (this.theirs) this.base = { code: this.theirs.code, version: this.theirs.version ?? "" };
    this.theirs = null;
    return this.save(note);
  }

  async restore(version: string): Promise<void> {
    this.adopt(await restoreFunction(this.name, version));
  }

  /** Forgets what this browser kept. */
  forget(): void {
    this.draft.clear();
  }
}
