// The form of a training, whichever techniques there are: all of it comes from the schema. Pure functions.
import type { MusicTraining, SetSummary } from "@/api/training";
import {
  type Config,
  type Field,
  fieldsOf,
  getAt,
  laidOut,
  problemsOf,
  type Schema,
  seedProblem,
  groupsOf as titled,
  withDefaults,
} from "@/core/forms/formModel";
import { assignments, keywords, quoted } from "@/core/forms/sameElsewhere";

export interface Technique {
  id: string;
  title: string;
  text: string;
}

/** What each is good for. One that is not named here still shows, with what the schema says of it. */
const GOOD_FOR: Record<string, string> = {
  transformer:
    "Goes on where a piece ends, and fills in missing voices. Needs pieces in four voices, or tunes of one.",
  arcnn: "Adds notes to a melody and removes some, one at a time. Learns from any pieces.",
  gan: "Plays three tracks to a melody at once. Learns from any pieces, also from rolls of your own.",
};

export interface TrainDraft {
  name: string;
  set: string;
  technique: string;
  config: Config;
  seed: number;
  device: string;
}

export function techniquesOf(schema: Schema): Technique[] {
  const property = schema.properties?.technique;
  const ids = property?.enum ?? (property?.const === undefined ? [] : [property.const]);
  return ids.map(String).map((id) => {
    const own = schema.properties?.[id];
    return { id, title: own?.title ?? id, text: GOOD_FOR[id] ?? own?.description ?? "" };
  });
}

/** The fields of a technique: its own, and those that every training has. */
export function fieldsFor(schema: Schema, technique: string): Field[] {
  const ids = techniquesOf(schema).map((one) => one.id);
  return fieldsOf(schema).filter(({ path: [first] }) => {
    if (first === "technique") return false;
    return first === technique || !ids.includes(first ?? "");
  });
}

/** Today's settings of every technique, with what was kept laid over them; what fits no more is dropped. */
export const freshConfig = (schema: Schema, saved: Config): Config =>
  withDefaults(
    fieldsOf(schema).filter((field) => field.key !== "technique"),
    saved,
  );

const GROUPS: Record<string, [string, string?]> = {
  network: ["The network", "How large it is. A larger one can learn more, and takes longer."],
  learning: ["How it learns", "How it changes from what it hears, and for how long."],
  stop: [
    "When to stop",
    "Empty: when it has learned for as long as is set above. You can also stop it yourself.",
  ],
};

/** The form's headings, when to stop last. */
export function groupsOf(fields: readonly Field[]): { id: string; title: string; text?: string }[] {
  const rank = (id: string) => (id === "stop" ? 1 : 0);
  return titled(fields, GROUPS).sort((a, b) => rank(a.id) - rank(b.id));
}

/** What is sent: the technique, its own settings, and what every training has; other techniques' settings stay behind. */
export function toTraining(draft: TrainDraft, fields: readonly Field[]): MusicTraining {
  const name = draft.name.trim();
  return {
    set: draft.set,
    config: { technique: draft.technique, ...laidOut(fields, draft.config) },
    seed: draft.seed,
    device: draft.device as MusicTraining["device"],
    ...(name ? { name } : {}),
  };
}

export function obstacles(
  draft: TrainDraft,
  fields: readonly Field[],
  sets: readonly SetSummary[],
): string[] {
  const found = Object.values(problemsOf(fields, laidOut(fields, draft.config)));
  if (!sets.some((set) => set.name === draft.set)) found.unshift("Choose the music to learn from.");
  const set = sets.find((one) => one.name === draft.set);
  if (set && draft.technique === "transformer" && readable(set) < 4)
    found.unshift(
      "The Transformer learns from pieces in four separate voices, or from tunes of one where none has four, and this set has too few. Choose another technique or set.",
    );
  return [...found, ...seedProblem(draft.seed)];
}

/** How many pieces of a set a Transformer can learn from: those in four voices, or the tunes where there are none. */
function readable({ counts }: SetSummary): number {
  const kind = counts.all?.four_part ? "four_part" : "tunes";
  return counts.train?.[kind] ?? 0;
}

/** The command that does the same. */
export function commandFor(draft: TrainDraft, fields: readonly Field[]): string {
  const device = draft.device === "cpu" ? [] : [`--device ${draft.device}`];
  return [
    "trivium music train",
    `--technique ${draft.technique}`,
    `--data ${quoted(draft.set)}`,
    `--seed ${draft.seed}`,
    ...device,
    ...assignments(draft.config, fields),
  ].join(" ");
}

/** The same in Python. */
export function pythonFor(draft: TrainDraft, fields: readonly Field[]): string {
  const given = [
    JSON.stringify(draft.set),
    `technique="${draft.technique}"`,
    `seed=${draft.seed}`,
    ...(draft.device === "cpu" ? [] : [`device="${draft.device}"`]),
    ...keywords(draft.config, fields),
  ];
  return `import trivium.music as music\n\nresult = music.train(${given.join(", ")})`;
}

/** A run's own task as a draft, for the command beside it and for a clone. */
export function draftOf(
  run: { name: string; config: Record<string, unknown>; seed: number },
  set: string,
): TrainDraft {
  const config = run.config as Config;
  return {
    name: run.name,
    set,
    technique: String(getAt(config, ["technique"]) ?? ""),
    config,
    seed: run.seed,
    device: "cpu",
  };
}
