// What is chosen before a step is made: technique, model, controls, seed. Kept in the browser for the next piece, but for
// the region, which belongs to this one.
import { listRuns } from "@/api/client";
import { type ComposingRequest, type ComposingView, listTechniques } from "@/api/music";
import type { RunView } from "@/api/types";
import { Draft } from "@/core/drafts";
import {
  type Config,
  defaultsOf,
  type Field,
  fieldsOf,
  problemsOf,
  type Schema,
  setAt,
  withDefaults,
} from "@/core/forms/formModel";
import { Resource } from "@/core/resource.svelte";
import { anewIn, PART, REGION_KEYS, type Reach, type Region, reachOf, regionOf, withRegion } from "./region";

interface Saved {
  technique: string;
  controls: Record<string, Config>;
  models: Record<string, string>;
  seed: number;
}

const FIRST: Saved = { technique: "", controls: {}, models: {}, seed: 1 };
const SEEDS = 100_000;
const MOST_BOXES = 8;

export type Wish = Omit<ComposingRequest, "composition"> & { seed: number };

export class Setup {
  readonly techniques = new Resource(listTechniques);
  readonly trainings = new Resource(() => listRuns({ studio: "music", kind: "train", limit: 200 }));
  private saved = $state.raw<Saved>(FIRST);
  private readonly draft: Draft<Saved>;
  /** Bars, pitches and parts mean nothing in another piece. */
  private readonly ofThisPiece = new Set(REGION_KEYS);

  constructor(storage: Storage) {
    this.draft = new Draft("trivium:music:technique", 1, storage);
    this.saved = { ...FIRST, ...this.draft.load() };
  }

  private save(change: Partial<Saved>): void {
    this.saved = { ...this.saved, ...change };
    for (const field of this.fields) if (field.pattern === PART) this.ofThisPiece.add(field.key);
    const controls = Object.entries(this.saved.controls).map(([id, config]) => [
      id,
      this.forAnyPiece(config),
    ]);
    this.draft.save({ ...this.saved, controls: Object.fromEntries(controls) });
  }

  private forAnyPiece(config: Config): Config {
    return Object.fromEntries(Object.entries(config).filter(([key]) => !this.ofThisPiece.has(key)));
  }

  technique = $derived.by(() => {
    const all = this.techniques.data ?? [];
    return all.find((one) => one.id === this.saved.technique) ?? all[0];
  });

  fields: Field[] = $derived(this.technique ? fieldsOf(this.technique.controls as Schema) : []);
  reach: Reach = $derived(reachOf(this.fields));
  /** Those that the form shows; the region has a form of its own. */
  plainFields: Field[] = $derived(
    this.fields.filter((field) => !REGION_KEYS.has(field.key) && !isPicked(field)),
  );
  /** Those that are picked from what the piece and the model have: a part, some of a few tracks. */
  pickedFields: Field[] = $derived(
    this.fields.filter((field) => !REGION_KEYS.has(field.key) && isPicked(field)),
  );
  controls: Config = $derived(withDefaults(this.fields, this.saved.controls[this.technique?.id ?? ""] ?? {}));
  region: Region = $derived(regionOf(this.controls));
  /** As it stands in the form, a wrong number included. */
  private typed: Config = $derived({
    ...defaultsOf(this.fields),
    ...this.saved.controls[this.technique?.id ?? ""],
  });
  problems = $derived(problemsOf(this.fields, this.typed));

  get form(): Config {
    return this.typed;
  }

  set form(controls: Config) {
    if (this.technique) this.save({ controls: { ...this.saved.controls, [this.technique.id]: controls } });
  }

  /** The preset that the form stands at, if it is one. */
  preset = $derived(
    this.technique?.presets.find((one) =>
      Object.entries(one.controls).every(([key, value]) => this.typed[key] === value),
    )?.id ?? "",
  );

  /** Sets what the preset names; where something may change stays. */
  usePreset(id: string): void {
    const found = this.technique?.presets.find((one) => one.id === id);
    if (found) this.form = { ...this.typed, ...(found.controls as Config) };
  }

  choose(technique: string): void {
    this.save({ technique });
  }

  setRegion(region: Region): void {
    this.form = withRegion(this.typed, this.reach, region);
  }

  setClear(clear: boolean): void {
    this.form = setAt(this.typed, ["clear_first"], clear);
  }

  get clear(): boolean {
    return this.controls.clear_first === true;
  }

  get seed(): number {
    return this.saved.seed;
  }

  set seed(seed: number) {
    if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31) this.save({ seed });
  }

  roll(): void {
    let next = this.seed;
    while (next === this.seed) next = 1 + Math.floor(Math.random() * SEEDS);
    this.seed = next;
  }

  /** Own trainings of the technique that have something to show for it. */
  models: RunView[] = $derived(
    (this.trainings.data?.items ?? []).filter(
      (run) =>
        run.config.technique === this.technique?.id && (run.state === "succeeded" || run.state === "stopped"),
    ),
  );

  get model(): string {
    const chosen = this.saved.models[this.technique?.id ?? ""] ?? "";
    const known = [...this.models, ...(this.technique?.models ?? [])];
    return known.some(({ id }) => id === chosen) ? chosen : (this.technique?.models[0]?.id ?? "");
  }

  set model(id: string) {
    if (this.technique) this.save({ models: { ...this.saved.models, [this.technique.id]: id } });
  }

  get isReady(): boolean {
    return this.technique !== undefined && Object.keys(this.problems).length === 0;
  }

  /** The form as a step that is there was made, for another with a new seed. */
  adopt(view: ComposingView): void {
    const controls = { ...this.saved.controls, [view.technique]: view.controls as Config };
    this.save({ technique: view.technique, controls, seed: view.seed });
  }

  wish(controls: Config = this.controls): Wish {
    return { technique: this.technique?.id ?? "", controls, model: this.model || null, seed: this.seed };
  }

  /** Empties a region and fills it anew; everything outside stays. */
  wishAnew(region: Region): Wish {
    return this.wish(anewIn(this.controls, this.fields, region));
  }

  /** A step that is there, with the seed as it is now. */
  wishAgain(view: ComposingView): Wish {
    return { ...this.wish(view.controls as Config), technique: view.technique };
  }
}

function isPicked(field: Field): boolean {
  if (field.kind === "text") return field.pattern === PART;
  if (field.kind !== "list" || field.items === null) return false;
  return field.picks !== "" || field.items.max - field.items.min < MOST_BOXES;
}
