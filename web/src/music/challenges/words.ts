// How challenges are told in words.
import type { Ballot, ChallengeSummary, EntryStep } from "@/api/challenges";
import { techniqueName } from "../pieces";

const many = (count: number, one: string, more = `${one}s`) => `${count} ${count === 1 ? one : more}`;

/** "3 pieces and 2 samples · 14 votes". */
export function standingText(challenge: ChallengeSummary): string {
  const pieces = challenge.entries - challenge.samples;
  const samples = challenge.samples ? ` and ${many(challenge.samples, "sample")}` : "";
  return `${many(pieces, "piece")}${samples} · ${many(challenge.votes, "vote")}`;
}

/** When it closes or has closed; empty for one that is open without end. */
export function closingText(
  challenge: Pick<ChallengeSummary, "is_open" | "closes_at" | "closed_at">,
): string {
  const moment = challenge.is_open ? challenge.closes_at : challenge.closed_at;
  if (!moment) return "";
  const when = new Date(moment * 1000).toLocaleString("en", {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
  });
  return `${challenge.is_open ? "Closes" : "Closed"} ${when}`;
}

/** Where a voter stands, in a sentence. */
export function ballotText(ballot: Ballot): string {
  const all = ballot.cast + ballot.left;
  if (all === 0) return "There is nothing to compare yet.";
  if (ballot.left === 0) return `All ${many(all, "pair")} answered.`;
  const more = ballot.needed ? ` ${ballot.needed} more, and the results can be shown.` : "";
  return `Pair ${ballot.cast + 1} of ${all}.${more}`;
}

export const percent = (share: number) => Math.round(100 * share);

/** "62 %, likely between 40 and 81 %". */
export function chanceText(row: { chance: number; interval: readonly number[] }): string {
  const [low = 0, high = 1] = row.interval;
  return `${percent(row.chance)} %, likely between ${percent(low)} and ${percent(high)} %`;
}

/** "AR-CNN with my-model, seed 3". */
export function stepText(step: EntryStep): string {
  const model = step.model ? ` with ${step.model}${step.training ? " (own training)" : ""}` : "";
  return `${techniqueName(step.technique)}${model}${step.seed === null ? "" : `, seed ${step.seed}`}`;
}
