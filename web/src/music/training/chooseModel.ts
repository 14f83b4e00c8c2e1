// A trained model is put where the page of composing looks for what was chosen last.
import { Draft } from "@/core/drafts";

interface Chosen {
  technique: string;
  controls: Record<string, unknown>;
  models: Record<string, string>;
  seed: number;
}

export const TECHNIQUE_DRAFT = "trivium:music:technique";
export const TECHNIQUE_VERSION = 1;

/** The technique and its model; settings and seed stay as they were. */
export function chooseModel(storage: Storage, technique: string, run: string): void {
  const draft = new Draft<Chosen>(TECHNIQUE_DRAFT, TECHNIQUE_VERSION, storage);
  const old = draft.load();
  draft.save({
    technique,
    controls: old?.controls ?? {},
    models: { ...old?.models, [technique]: run },
    seed: old?.seed ?? 1,
  });
}
