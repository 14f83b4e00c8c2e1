import { describe, expect, it } from "vitest";
import type { DeviceEvent, DeviceView, ProjectOnDevice } from "@/api/devices";
import {
  backlog,
  framesOf,
  lastSeen,
  left,
  presence,
  progress,
  sourceKind,
  sourceProblem,
  sourceText,
  told,
} from "./deviceText";

const device = { online: true, seen_at: 1, waiting: 0, dropped: 0 } as DeviceView;
const on = (part: object) =>
  ({
    project: "bin",
    version: "b",
    running: "b",
    state: "live",
    previous: [],
    setup: {},
    ...part,
  }) as unknown as ProjectOnDevice;
const event = (kind: string, body: object) =>
  ({ kind, body, device: "d", time: 1, project: "bin" }) as DeviceEvent;

describe("a device", () => {
  it("has its frames at an address that names can't break out of", () => {
    const address = framesOf("01A", "a&b=c", "csv");
    expect(new URL(address, "http://x").searchParams.get("project")).toBe("a&b=c");
  });

  it("says whether it answers and what it still has to tell", () => {
    expect(presence(device).text).toBe("online");
    expect(presence({ ...device, online: false }).text).toBe("offline");
    expect(presence({ ...device, online: false, seen_at: null }).text).toBe("never seen");
    expect(presence({ ...device, online: false, seen_at: null, here: true }).text).toBe("starting");
    expect(backlog({ waiting: 1, dropped: 2000 })).toBe(
      "1 message still on the device; 2\u202f000 lost, since it was without network for too long",
    );
  });

  it("says what a project is at", () => {
    expect(progress(on({}), true).text).toBe("watching");
    expect(progress(on({ running: "a" }), true).text).toBe("fetching b");
    expect(progress(on({ running: null }), false).text).toBe("waits for the device");
    expect(progress(on({ setup: { enabled: false } }), true).text).toBe("switched off");
    expect(progress(on({ state: "stalled" }), true)).toEqual({ text: "stalled", tone: "warn" });
  });

  it("tells its events in a line", () => {
    expect(told(event("seen", { label: "can", confidence: 0.9, settled: null }))).toBe("can, 90\u202f% sure");
    expect(told(event("seen", { settled: { label: null } }))).toBe("Something it doesn't know");
    expect(told(event("rule", { rule: "full" }))).toBe("Rule “full” came true");
    expect(told(event("failed", { version: "abc" }))).toBe("Version abc failed");
    expect(lastSeen(null)).toBe("nothing yet");
    expect(left(100, 40)).toBe("good for 1 min 00 s more");
    expect(left(100, 100)).toBe("too old now");
  });
});

describe("a source", () => {
  it.each([
    "demo",
    "demo:7",
    "usb:0",
    "usb:2",
    "rtsp://me:secret@camera/stream",
    "films/door.mp4",
    "browser",
    "film",
  ])("%s is taken apart and put together again", (source) => {
    const { kind, detail } = sourceKind(source);
    expect(sourceText(kind, detail)).toBe(source);
    expect(sourceProblem(kind, detail)).toBe("");
  });

  it("says what is wrong with it", () => {
    expect(sourceProblem("usb", "x")).not.toBe("");
    expect(sourceProblem("network", "camera")).toContain("rtsp://");
    expect(sourceProblem("network", "file:///etc/passwd")).not.toBe("");
    expect(sourceProblem("file", " ")).toContain("path");
  });
});
