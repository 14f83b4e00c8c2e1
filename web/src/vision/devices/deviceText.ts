// What a device is doing, in words. Pure.
import type { DeviceEvent, DeviceView, ProjectOnDevice } from "@/api/devices";
import { duration, grouped, percent, plural } from "@/core/format";

export type Tone = "good" | "warn" | "bad" | "plain";

/** Whether it answers, and what it could not deliver yet. */
export function presence(device: DeviceView): { text: string; tone: Tone } {
  if (device.online) return { text: "online", tone: "good" };
  if (device.here && device.seen_at === null) return { text: "starting", tone: "warn" };
  return { text: device.seen_at === null ? "never seen" : "offline", tone: "warn" };
}

/** What it means to remove it. */
export const farewell = (device: Pick<DeviceView, "here">): string =>
  device.here
    ? "It stops watching, and its models leave its folder. What it said stays. It can be used again at any time."
    : "Its credential no longer counts: it can fetch nothing and say nothing any more. What it said stays. To come back it needs a new code.";

export function backlog(device: Pick<DeviceView, "waiting" | "dropped">): string {
  const said = [];
  if (device.waiting) said.push(`${plural(device.waiting, "message")} still on the device`);
  if (device.dropped) said.push(`${grouped(device.dropped)} lost, since it was without network for too long`);
  return said.join("; ");
}

/** What a project on a device is at: the version that is wanted may not be there yet. */
export function progress(on: ProjectOnDevice, online: boolean): { text: string; tone: Tone } {
  if (on.setup.enabled === false) return { text: "switched off", tone: "plain" };
  if (on.running !== null && on.running !== on.version && online)
    return { text: `fetching ${on.version}`, tone: "warn" };
  if (on.running === null) return { text: online ? "being fetched" : "waits for the device", tone: "warn" };
  if (on.state === "live") return { text: "watching", tone: "good" };
  if (on.state === "failed") return { text: "failed", tone: "bad" };
  return { text: on.state || "starting", tone: "warn" };
}

/** What it saw last: the class, or that it does not know. */
export function lastSeen(last: Record<string, unknown> | null | undefined): string {
  if (!last) return "nothing yet";
  if (typeof last.label !== "string") return "something it doesn't know";
  return typeof last.confidence === "number"
    ? `${last.label}, ${percent(100 * last.confidence)} sure`
    : last.label;
}

/** Where the events of all its frames are. */
export const framesOf = (device: string, project: string, format: "csv" | "jsonl"): string =>
  `/api/v1/vision/devices/frames?${new URLSearchParams({ device, project, format })}`;

/** One event in a line. */
export function told(event: DeviceEvent): string {
  const { body } = event;
  const word = (key: string) => (typeof body[key] === "string" ? (body[key] as string) : "");
  if (event.kind === "seen") {
    const settled = body.settled as { label?: string | null } | null | undefined;
    return settled ? (settled.label ?? "Something it doesn't know") : lastSeen(body);
  }
  if (event.kind === "rule") return `Rule “${word("rule")}” came true`;
  if (event.kind === "source") return `Its camera: ${word("state")}. ${word("message")}`.trim();
  if (event.kind === "version") return `Version ${word("version")} runs now`;
  if (event.kind === "failed") return word("message") || `Version ${word("version")} failed`;
  return word("message") || event.kind;
}

export const KINDS: Record<string, string> = {
  seen: "seen",
  rule: "rule",
  source: "camera",
  version: "version",
  failed: "failed",
  note: "note",
};

/** How long a code is still good for. */
export function left(expires: number, now: number): string {
  return expires > now ? `good for ${duration(expires - now)} more` : "too old now";
}

/** Sources as a person picks them; the last two take an address or a path. */
export const SOURCES = [
  {
    value: "browser",
    label: "This browser's camera",
    text: "The camera before you. Its pictures go to the studio and are not kept.",
  },
  {
    value: "demo",
    label: "Demo camera",
    text: "Drawn, and says so. Everybody has it. With the name of a template, such as counter, it shows the things of that.",
  },
  { value: "usb", label: "USB camera", text: "A camera plugged into the machine that watches." },
  { value: "network", label: "Network camera", text: "By its address, rtsp:// or http://." },
  {
    value: "film",
    label: "A film",
    text: "A film from this computer. The studio looks at every frame of it, in order.",
  },
  { value: "file", label: "Film or folder", text: "A path on the device." },
] as const;
export type SourceKind = (typeof SOURCES)[number]["value"];

/** Which of them an address is, and what stands in its field. */
export function sourceKind(source: string): { kind: SourceKind; detail: string } {
  if (/^demo(:(\d+|[a-z-]+))?$/.test(source)) return { kind: "demo", detail: source.split(":")[1] ?? "" };
  if (source === "browser" || source === "film") return { kind: source, detail: "" };
  if (/^usb(:\d+)?$/.test(source)) return { kind: "usb", detail: source.split(":")[1] ?? "0" };
  return { kind: source.includes("://") ? "network" : "file", detail: source };
}

export function sourceText(kind: SourceKind, detail: string): string {
  const plain = detail.trim();
  if (kind === "browser" || kind === "film") return kind;
  if (kind === "demo") return plain ? `demo:${plain}` : "demo";
  if (kind === "usb") return `usb:${plain || 0}`;
  return plain;
}

/** What is wrong with it, or nothing. */
export function sourceProblem(kind: SourceKind, detail: string): string {
  const plain = detail.trim();
  if (kind === "demo" && plain && !/^(\d{1,9}|[a-z][a-z-]{0,31})$/.test(plain))
    return "Give a whole number from 0, or the name of a template, such as counter.";
  if (kind === "usb" && plain && !/^\d{1,9}$/.test(plain)) return "Give a whole number from 0.";
  if (kind === "network" && !/^(rtsps?|https?):\/\/[^\s/]+/.test(plain))
    return "Give an address such as rtsp://192.168.1.20/stream.";
  if (kind === "file" && !plain) return "Give the path of a film or a folder.";
  return "";
}
