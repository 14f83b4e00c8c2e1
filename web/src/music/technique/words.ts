// What a technique did, in words: for the list of edits, the slider and the screen reader.
import type { RunState } from "@/api/types";
import { plural } from "@/core/format";
import type { Timeline } from "../engine/document";
import type { Told } from "../engine/story";
import { placeOf } from "../engine/timeline";
import { pitchName } from "../engine/transform";

export interface Words {
  kind: "added" | "removed" | "changed" | "written";
  text: string;
  where: string;
}

type Metres = Pick<Timeline, "metres">;

export function wordsOf(told: Told, metres: Metres): Words {
  return told.name === "written" ? passage(told.news, metres) : edit(told.news, metres);
}

function edit(event: Extract<Told, { name: "edit" }>["news"], metres: Metres): Words {
  const note = event.added ?? event.removed;
  const name = note ? pitchName(note.pitch) : "Nothing";
  const where = note ? placeText(metres, note.onset) : "";
  if (event.kind === "add") return { kind: "added", text: `${name} added`, where };
  if (event.kind === "remove") return { kind: "removed", text: `${name} removed`, where };
  const longer = (event.added?.length ?? 0) > (event.removed?.length ?? 0);
  return { kind: "changed", text: `${name} made ${longer ? "longer" : "shorter"}`, where };
}

function passage(event: Extract<Told, { name: "written" }>["news"], metres: Metres): Words {
  const came = plural(event.added.length, "note");
  const went = event.removed.length ? `, ${event.removed.length} taken out` : "";
  const part = event.part.name || event.part.id;
  return { kind: "written", text: `${part}: ${came} written${went}`, where: barsText(metres, event) };
}

function placeText(metres: Metres, tick: number): string {
  const { bar, beat } = placeOf(metres, tick);
  return `bar ${bar}, beat ${beat}`;
}

function barsText(metres: Metres, { first, end }: { first: number; end: number }): string {
  const from = placeOf(metres, first).bar;
  const to = placeOf(metres, Math.max(first, end - 1)).bar;
  return from === to ? `bar ${from}` : `bars ${from} to ${to}`;
}

/** "61 notes added, 3 removed" */
export function sumText(came: number, went: number): string {
  if (came === 0 && went === 0) return "nothing changed";
  const parts = [came > 0 ? `${plural(came, "note")} added` : "", went > 0 ? `${went} removed` : ""];
  if (came === 0) return `${plural(went, "note")} removed`;
  return parts.filter(Boolean).join(", ");
}

/** How long a film of so many events lasts between two of them: the whole about twelve seconds. */
export function filmStepMs(events: number): number {
  return Math.min(600, Math.max(40, 12_000 / Math.max(1, events)));
}

/** Seconds that are left, from how far it is; null where nothing can be said yet. */
export function secondsLeft(progress: number | null, elapsed: number | null): number | null {
  if (progress === null || elapsed === null || progress < 0.02 || elapsed < 0.5) return null;
  return (elapsed * (1 - progress)) / progress;
}

/** One sentence on how a step is doing, for eye and ear: it changes with the state, not with every note. */
export function saidOf(state: RunState | undefined, isEmpty: boolean, summary: string): string {
  if (state === undefined) return "Starting";
  const going = GOING[state];
  if (going) return going;
  if (state === "failed")
    return isEmpty ? "It did not work" : `It broke off; this is what there is: ${summary}`;
  if (isEmpty) return state === "succeeded" ? "Done: nothing changed" : "Ended before the first note";
  const how: Partial<Record<RunState, string>> = {
    succeeded: "Done",
    stopped: "Cancelled; this is what there is",
  };
  return `${how[state] ?? "Cut off; this is what there is"}: ${summary}`;
}

const GOING: Partial<Record<RunState, string>> = {
  queued: "Waiting for other runs to finish",
  starting: "Loading the model",
  running: "Composing: the notes appear on the roll as they are made",
  stopping: "Stopping",
};
