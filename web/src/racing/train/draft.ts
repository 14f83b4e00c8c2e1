// A training that is being put together: what is kept in the browser, and what is sent. Pure functions.
import type { NewTraining } from "@/api/types";
import { type Config, type Field, getAt, problemsOf, withDefaults } from "@/core/forms/formModel";
import { type CarConfig, carProblem } from "../actions";

export interface TrainDraft {
  name: string;
  track: string;
  /** The example or saved function that the code began as. */
  reward: string;
  code: string;
  config: Config;
  seed: number;
}

export const DRAFT_KEY = "trivium:racing:train";
export const DRAFT_VERSION = 1;

/** The draft's config with today's fields: the form may have changed since it was kept. */
export function freshConfig(fields: readonly Field[], saved: Config | undefined): Config {
  const config = withDefaults(fields, saved ?? {});
  const actions = saved && getAt(saved, ["car", "actions"]);
  const car = config.car;
  if (Array.isArray(actions) && typeof car === "object" && car !== null && !Array.isArray(car)) {
    return { ...config, car: { ...car, actions } };
  }
  return config;
}

export const carOf = (config: Config): CarConfig => config.car as unknown as CarConfig;

/** What still stands in the way of Start, by step; an empty list means go. */
export function obstacles(
  draft: TrainDraft,
  fields: readonly Field[],
  trackIds: readonly string[],
): string[] {
  const found: string[] = [];
  if (!trackIds.includes(draft.track)) found.push("Choose a track.");
  const car = carProblem(carOf(draft.config));
  if (car) found.push(car);
  if (draft.code.trim() === "") found.push("Write a reward function, or choose an example.");
  found.push(...Object.values(problemsOf(fields, draft.config)));
  if (!hasEnd(draft.config))
    found.push("Give the training an end: a time, iterations, steps, or a completion to reach.");
  if (!Number.isInteger(draft.seed) || draft.seed < 0) found.push("The seed is a whole number, 0 or more.");
  return found;
}

export function hasEnd(config: Config): boolean {
  return ["max_minutes", "max_iterations", "max_steps", "stop_at_completion"].some(
    (key) => typeof config[key] === "number" && config[key] > 0,
  );
}

export function toTraining(draft: TrainDraft): NewTraining {
  const { track: _, ...config } = draft.config;
  return {
    name: draft.name.trim() || null,
    track: draft.track,
    reward_code: draft.code,
    config: config as NewTraining["config"],
    seed: draft.seed,
  };
}

/** The training in a line: "10 actions · stops after 10 min". */
export function summary(draft: TrainDraft, actionCount: number): string[] {
  const car = carOf(draft.config);
  const parts = [
    car.action_space_type === "continuous" ? "any angle and speed" : `${actionCount} actions`,
    `up to ${car.actions ? Math.max(...car.actions.map((a) => a.speed)) : car.speed_max_mps} m/s`,
  ];
  const { max_minutes: minutes, max_iterations: iterations, stop_at_completion: completion } = draft.config;
  if (typeof completion === "number") parts.push(`stops at ${completion} % completion`);
  if (typeof iterations === "number") parts.push(`${iterations} iterations at most`);
  if (typeof minutes === "number") parts.push(`${minutes} min at most`);
  return parts;
}
