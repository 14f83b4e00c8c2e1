// The form of a training: what is sent, what stands in the way, and the same as a command and in Python. Pure.
import type { ProjectView, VisionTraining } from "@/api/vision";
import {
  type Config,
  differences,
  type Field,
  type Json,
  problemsOf,
  withDefaults,
} from "@/core/forms/formModel";

export interface TrainDraft {
  name: string;
  config: Config;
  seed: number;
}

const GROUPS: Record<string, [string, string?]> = {
  learning: ["Learning"],
  evaluation: ["How it is judged", "Every photo is judged once, by a model that has not learned from it."],
};

export function groupsOf(fields: readonly Field[]): { id: string; title: string; text?: string }[] {
  return [...new Set(fields.map((field) => field.group))].map((id) => {
    const [title, text] = GROUPS[id] ?? [id.charAt(0).toUpperCase() + id.slice(1)];
    return { id, title, text };
  });
}

export function toTraining(project: string, draft: TrainDraft, fields: readonly Field[]): VisionTraining {
  const name = draft.name.trim();
  return { project, config: withDefaults(fields, draft.config), seed: draft.seed, ...(name ? { name } : {}) };
}

export function obstacles(project: ProjectView, draft: TrainDraft, fields: readonly Field[]): string[] {
  const found = Object.values(problemsOf(fields, withDefaults(fields, draft.config)));
  const some = project.classes.filter((one) => one.photos > 0);
  const single = some.find((one) => one.photos === 1);
  if (some.length < 2)
    found.unshift(
      some.length === 0
        ? "No photo has a class yet. Label some first."
        : `Only “${some[0]?.name}” has photos; a model needs something to tell it from.`,
    );
  else if (single)
    found.unshift(`“${single.name}” has a single photo, so nothing would be left to test on. Add some.`);
  if (!Number.isInteger(draft.seed) || draft.seed < 0) found.push("The seed is a whole number from 0.");
  return found;
}

/** The settings in which a draft differs from the usual ones: [dotted path, value]. */
export function changes(draft: TrainDraft, fields: readonly Field[]): [string, Json][] {
  const usual = withDefaults(fields, {});
  return differences(usual, withDefaults(fields, draft.config)).map(([key, , value]) => [key, value]);
}

export function commandFor(project: string, draft: TrainDraft, fields: readonly Field[]): string {
  const sets = changes(draft, fields).map(([key, value]) => `--set ${key}=${value}`);
  return [`trivium vision train ${project}`, `--seed ${draft.seed}`, ...sets].join(" ");
}

export function pythonFor(project: string, draft: TrainDraft, fields: readonly Field[]): string {
  const literal = (value: Json): string =>
    value === null ? "None" : typeof value === "boolean" ? (value ? "True" : "False") : JSON.stringify(value);
  const top = new Map<string, string[]>();
  for (const [key, value] of changes(draft, fields)) {
    const [head = key, ...rest] = key.split(".");
    const inner = rest.length ? [`"${rest.join(".")}": ${literal(value)}`] : [literal(value)];
    top.set(head, [...(top.get(head) ?? []), ...inner]);
    if (!rest.length) top.set(head, [literal(value)]);
  }
  const nested = new Set(fields.filter((field) => field.path.length > 1).map((field) => field.path[0]));
  const given = [...top].map(
    ([head, values]) => `${head}=${nested.has(head) ? `{${values.join(", ")}}` : values[0]}`,
  );
  return `import trivium.vision as vision\n\nresult = vision.train(${[JSON.stringify(project), `seed=${draft.seed}`, ...given].join(", ")})`;
}
