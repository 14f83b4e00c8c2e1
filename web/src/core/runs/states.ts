// What each state of a run is called, and what can be done in it. Pure functions.
import type { Best, RunState, RunView } from "@/api/types";
import { lapTime, number, percent } from "@/core/format";

export type Tone = "plain" | "good" | "warn" | "bad" | "info" | "accent";

export const STATES: Record<RunState, { label: string; tone: Tone }> = {
  queued: { label: "Waiting", tone: "info" },
  starting: { label: "Starting", tone: "info" },
  running: { label: "Running", tone: "accent" },
  stopping: { label: "Stopping", tone: "warn" },
  stopped: { label: "Stopped", tone: "plain" },
  succeeded: { label: "Finished", tone: "good" },
  failed: { label: "Failed", tone: "bad" },
  interrupted: { label: "Interrupted", tone: "warn" },
};

const ACTIVE: readonly RunState[] = ["queued", "starting", "running", "stopping"];

export const isActive = (run: Pick<RunView, "state">) => ACTIVE.includes(run.state);
export const canStop = (run: Pick<RunView, "state">) =>
  run.state === "queued" || run.state === "starting" || run.state === "running";
export const canDelete = (run: Pick<RunView, "state">) => !isActive(run);

/** A run goes on from its last checkpoint, unless it reached its end. */
export const canResume = (run: Pick<RunView, "state">) =>
  run.state === "stopped" || run.state === "interrupted" || run.state === "failed";

const REASONS: Record<string, [string, string]> = {
  user_code_error: [
    "Your code stopped with an error.",
    "Mend the marked line, then clone this run and start again.",
  ],
  user_code_timeout: [
    "Your code took too long.",
    "Look for a loop that never ends, then clone this run and start again.",
  ],
  out_of_memory: [
    "The run needed more memory than it may have.",
    "Close other programs, or choose smaller settings.",
  ],
  disk_full: ["The disk is full.", "Free some space, for example by deleting old runs, then resume."],
  limit_wall: [
    "The time limit was reached.",
    "That is a normal end. Resume with more time, or evaluate the result.",
  ],
  node_lost: ["The computer or the run's process went away.", "Resume goes on from the last checkpoint."],
  stopped_by_user: ["You stopped this run.", "Resume goes on from the last checkpoint."],
  internal: [
    "Something went wrong inside Trivium.",
    "Resume goes on from the last checkpoint; the log says more.",
  ],
};

/** Why a run is where it is: the runner's own words first, ours for the reason otherwise. */
export function explain(
  run: Pick<RunView, "state" | "reason" | "message" | "hint">,
): { text: string; hint: string } | null {
  const [text, hint] = REASONS[run.reason ?? ""] ?? ["", ""];
  if (run.message || text) return { text: run.message || text, hint: run.hint || hint };
  if (run.state === "interrupted") {
    return {
      text: "This run was cut off.",
      hint: "Nothing is lost: Resume goes on from the last checkpoint.",
    };
  }
  return null;
}

export const KINDS: Record<string, string> = {
  train: "Training",
  evaluate: "Evaluation",
  compose: "Composing",
};

export const kindName = (kind: string) => KINDS[kind] ?? kind;

export const runPath = (run: Pick<RunView, "studio" | "id">) =>
  `/${run.studio}/runs/${encodeURIComponent(run.id)}`;

/** The form for a new run, filled in as this one was. */
export const clonePath = (run: Pick<RunView, "studio" | "id">) =>
  `/${run.studio}/train?from=${encodeURIComponent(run.id)}`;

/** The best figure in its own unit; evaluations count completed laps from 0 to 1, trainings completion from 0 to 100. */
export function bestText(best: Best | null, decimals = 0): string {
  if (!best) return "–";
  if (best.metric === "completion_rate")
    return percent(best.value === null ? null : best.value * 100, decimals);
  if (best.metric.startsWith("completion")) return percent(best.value, decimals);
  return best.metric.startsWith("lap_time") ? lapTime(best.value) : number(best.value);
}

export function bestLabel(best: Best): string {
  if (best.metric === "completion_rate") return "Laps completed";
  if (best.metric.startsWith("completion")) return "Best completion";
  if (best.metric.startsWith("lap_time")) return "Best mean lap";
  return best.metric.startsWith("reward") ? "Best reward" : `Best ${inSentence(scoreName(best.metric))}`;
}

const SCORES: Record<string, string> = { xor_cross_entropy: "XOR cross-entropy" };

/** "nats_per_note/valid" as a person reads it: "Nats per note". */
export const scoreName = (metric: string): string => {
  const [head = metric] = metric.split("/");
  const words = head.replaceAll("_", " ");
  return SCORES[head] ?? words.charAt(0).toUpperCase() + words.slice(1);
};

/** Within a sentence or after another word; XOR stays XOR. */
export const inSentence = (name: string): string =>
  /^[A-Z]{2}/.test(name) ? name : name.charAt(0).toLowerCase() + name.slice(1);
