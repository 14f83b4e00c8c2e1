// The form of a training, whichever techniques there are: all of it comes from the schema. Pure functions.
import type { MusicTraining, SetSummary } from "@/api/training";
import {
  type Config,
  differences,
  type Field,
  fieldsOf,
  getAt,
  type Json,
  problemsOf,
  type Schema,
  withDefaults,
} from "@/core/forms/formModel";

export interface Technique {
  id: string;
  title: string;
  text: string;
}

/** What each is good for. One that is not named here still shows, with what the schema says of it. */
const GOOD_FOR: Record<string, string> = {
  transformer: "Goes on where a piece ends, and fills in missing voices. Needs pieces in four voices.",
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

/** The form's headings: the groups that the fields name, in the order in which they come, known ones with words. */
export function groupsOf(fields: readonly Field[]): { id: string; title: string; text?: string }[] {
  const known: Record<string, [string, string]> = {
    network: ["The network", "How large it is. A larger one can learn more, and takes longer."],
    learning: ["How it learns", "How it changes from what it hears, and for how long."],
    stop: [
      "When to stop",
      "Empty: when it has learned for as long as is set above. You can also stop it yourself.",
    ],
  };
  const ids = [...new Set(fields.map((field) => field.group))];
  const rank = (id: string) => (id === "stop" ? 1 : 0);
  return ids
    .sort((a, b) => rank(a) - rank(b))
    .map((id) => {
      const [title, text] = known[id] ?? [id.charAt(0).toUpperCase() + id.slice(1), undefined];
      return { id, title, text };
    });
}

/** What is sent: the technique, its own settings, and what every training has; other techniques' settings stay behind. */
export function toTraining(draft: TrainDraft, fields: readonly Field[]): MusicTraining {
  const config: Record<string, Json> = { technique: draft.technique };
  const kept = withDefaults(fields, draft.config);
  for (const [key, value] of Object.entries(kept)) config[key] = value;
  const name = draft.name.trim();
  return {
    set: draft.set,
    config,
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
  const found = Object.values(problemsOf(fields, draft.config));
  if (!sets.some((set) => set.name === draft.set)) found.unshift("Choose the music to learn from.");
  const set = sets.find((one) => one.name === draft.set);
  if (set && draft.technique === "transformer" && (set.counts.train?.four_part ?? 0) < 4)
    found.unshift(
      "The Transformer learns from pieces in four separate voices, and this set has too few. Choose another technique or set.",
    );
  if (!Number.isInteger(draft.seed) || draft.seed < 0) found.push("The seed is a whole number from 0.");
  return found;
}

/** The settings in which a draft differs from the usual ones: [dotted path, value]. */
export function changes(draft: TrainDraft, fields: readonly Field[]): [string, Json][] {
  const usual = withDefaults(fields, {});
  return differences(usual, withDefaults(fields, draft.config)).map(([key, , value]) => [key, value]);
}

const quoted = (text: string): string =>
  /^[\w./=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** The command that does the same. */
export function commandFor(draft: TrainDraft, fields: readonly Field[]): string {
  const sets = changes(draft, fields).map(([key, value]) => `--set ${quoted(`${key}=${value}`)}`);
  const device = draft.device === "cpu" ? [] : [`--device ${draft.device}`];
  return [
    "trivium music train",
    `--technique ${draft.technique}`,
    `--data ${quoted(draft.set)}`,
    `--seed ${draft.seed}`,
    ...device,
    ...sets,
  ].join(" ");
}

/** The same in Python. */
export function pythonFor(draft: TrainDraft, fields: readonly Field[]): string {
  const literal = (value: Json): string =>
    value === null ? "None" : typeof value === "boolean" ? (value ? "True" : "False") : JSON.stringify(value);
  const changed = changes(draft, fields);
  const own = changed.filter(([key]) => key.startsWith(`${draft.technique}.`));
  const rest = changed.filter(([key]) => !key.includes("."));
  const inner = own.map(([key, value]) => `"${key.slice(draft.technique.length + 1)}": ${literal(value)}`);
  const given = [
    JSON.stringify(draft.set),
    `technique="${draft.technique}"`,
    `seed=${draft.seed}`,
    ...(draft.device === "cpu" ? [] : [`device="${draft.device}"`]),
    ...rest.map(([key, value]) => `${key}=${literal(value)}`),
    ...(inner.length ? [`${draft.technique}={${inner.join(", ")}}`] : []),
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
