// The form of a training: what is sent, what stands in the way, and the same as a command and in Python. Pure.
import type { ProjectView, VisionSettings, VisionTraining } from "@/api/vision";
import {
  type Config,
  type Field,
  laidOut,
  problemsOf,
  type Schema,
  seedProblem,
} from "@/core/forms/formModel";
import { assignments, keywords } from "@/core/forms/sameElsewhere";
import { thingOf } from "./tasks";

export interface TrainDraft {
  name: string;
  config: Config;
  seed: number;
}

/** The headings that have words of their own. */
export const GROUPS: Record<string, [string, string?]> = {
  learning: ["Learning"],
  evaluation: ["How it is judged", "What is judged is judged by a model that has not learned from it."],
};

/** The settings that a training for this task has. */
export function schemaOf(schemas: VisionSettings, task: string): Schema {
  const { train, detect, act, segment, anomaly } = schemas;
  const others: Record<string, object> = { detection: detect, activity: act, segmentation: segment, anomaly };
  return (others[task] ?? train) as Schema;
}

const LEAST_GOOD = 8; // photos, to know what is usual

export function toTraining(project: string, draft: TrainDraft, fields: readonly Field[]): VisionTraining {
  const name = draft.name.trim();
  return { project, config: laidOut(fields, draft.config), seed: draft.seed, ...(name ? { name } : {}) };
}

export function obstacles(project: ProjectView, draft: TrainDraft, fields: readonly Field[]): string[] {
  const found = Object.values(problemsOf(fields, laidOut(fields, draft.config)));
  const some = project.classes.filter((one) => one.photos > 0);
  if (project.task === "detection" || project.task === "segmentation") {
    const wanting = project.task === "detection" ? "has a box yet. Draw" : "has a mask yet. Paint";
    if (some.length === 0) found.unshift(`No photo ${wanting} some first.`);
    return [...found, ...seedProblem(draft.seed)];
  }
  if (project.task === "anomaly") {
    const good = some.find((one) => one.name === "good") ?? some[0];
    if ((good?.photos ?? 0) < LEAST_GOOD)
      found.unshift(
        `${good?.photos ?? 0} photos are good ones; it takes ${LEAST_GOOD} to know what is usual. Add some.`,
      );
    return [...found, ...seedProblem(draft.seed)];
  }
  const thing = thingOf(project.task);
  const single = some.find((one) => one.photos === 1);
  if (some.length < 2)
    found.unshift(
      some.length === 0
        ? `No ${thing} has a class yet. Label some first.`
        : `Only “${some[0]?.name}” has ${thing}s; a model needs something to tell it from.`,
    );
  else if (single)
    found.unshift(`“${single.name}” has a single ${thing}, so nothing would be left to test on. Add some.`);
  return [...found, ...seedProblem(draft.seed)];
}

export const commandFor = (project: string, draft: TrainDraft, fields: readonly Field[]): string =>
  [`trivium vision train ${project}`, `--seed ${draft.seed}`, ...assignments(draft.config, fields)].join(" ");

export function pythonFor(project: string, draft: TrainDraft, fields: readonly Field[]): string {
  const given = [JSON.stringify(project), `seed=${draft.seed}`, ...keywords(draft.config, fields)];
  return `import trivium.vision as vision\n\nresult = vision.train(${given.join(", ")})`;
}
