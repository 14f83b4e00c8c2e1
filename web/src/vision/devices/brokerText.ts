// The broker in words. Pure.
import type { BrokerView } from "@/api/broker";
import { grouped, plural } from "@/core/format";
import type { Tone } from "./deviceText";

export function brokerState({ on, state }: Pick<BrokerView, "on" | "state">): { text: string; tone: Tone } {
  if (state === "running" && on) return { text: "running", tone: "good" };
  if (state === "failed") return { text: "does not run", tone: "bad" };
  if (on) return { text: "starting", tone: "warn" };
  return state === "off" ? { text: "off", tone: "plain" } : { text: "stopping", tone: "warn" };
}

/** What went through it, and what it is still to get. */
export function traffic({ messages, waiting }: Pick<BrokerView, "messages" | "waiting">): string {
  const said = [`${grouped(messages)} ${messages === 1 ? "message" : "messages"} since it was started`];
  if (waiting) said.push(`${plural(waiting, "message")} waiting for it`);
  return said.join("; ");
}

/** Why this port won't do; empty where it will. */
export function portProblem(text: string): string {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535
    ? ""
    : "A port is a number from 1 to 65535.";
}

/** Why this can't be the name of an account; empty where it can. */
export function nameProblem(name: string, taken: readonly string[]): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(name))
    return "Use letters, digits, dots, dashes and underscores, without spaces.";
  return taken.includes(name) ? "There is an account of this name." : "";
}
