// The form of a training: what is sent, what stands in the way, and the same as a command and in Python. Pure.
import type { ProjectView, VisionTraining } from "@/api/vision";
import { type Config, type Field, laidOut, problemsOf, seedProblem } from "@/core/forms/formModel";
import { assignments, keywords } from "@/core/forms/sameElsewhere";

export interface TrainDraft {
  name: string;
  config: Config;
  seed: number;
}

/** The headings that have words of their own. */
export const GROUPS: Record<string, [string, string?]> = {
  learning: ["Learning"],
  evaluation: ["How it is judged", "Every photo is judged once, by a model that has not learned from it."],
};

export function toTraining(project: string, draft: TrainDraft, fields: readonly Field[]): VisionTraining {
  const name = draft.name.trim();
  return { project, config: laidOut(fields, draft.config), seed: draft.seed, ...(name ? { name } : {}) };
}

export function obstacles(project: ProjectView, draft: TrainDraft, fields: readonly Field[]): string[] {
  const found = Object.values(problemsOf(fields, laidOut(fields, draft.config)));
  const some = project.classes.filter((one) => one.photos > 0);
  if (project.task === "detection") {
    if (some.length === 0) found.unshift("No photo has a box yet. Draw some first.");
    return [...found, ...seedProblem(draft.seed)];
  }
  const single = some.find((one) => one.photos === 1);
  if (some.length < 2)
    found.unshift(
      some.length === 0
        ? "No photo has a class yet. Label some first."
        : `Only “${some[0]?.name}” has photos; a model needs something to tell it from.`,
    );
  else if (single)
    found.unshift(`“${single.name}” has a single photo, so nothing would be left to test on. Add some.`);
  return [...found, ...seedProblem(draft.seed)];
}

export const commandFor = (project: string, draft: TrainDraft, fields: readonly Field[]): string =>
  [`trivium vision train ${project}`, `--seed ${draft.seed}`, ...assignments(draft.config, fields)].join(" ");

export function pythonFor(project: string, draft: TrainDraft, fields: readonly Field[]): string {
  const given = [JSON.stringify(project), `seed=${draft.seed}`, ...keywords(draft.config, fields)];
  return `import trivium.vision as vision\n\nresult = vision.train(${given.join(", ")})`;
}
