import { beforeEach, describe, expect, it, vi } from "vitest";
import { offlineError } from "@/api/problem";
import type { LabelChange, PhotoView } from "@/api/vision";
import { toasts } from "@/core/ui/toasts.svelte";
import { Changes } from "./changes.svelte";

/** A project of one process, with the server's own rule: who has not seen the newest version is refused. */
const server = vi.hoisted(() => ({
  photos: new Map<string, { label: string | null; version: number; there: boolean }>(),
  fail: null as unknown,
}));
const view = (sha256: string): PhotoView => {
  const { label = null, version = 0 } = server.photos.get(sha256) ?? {};
  return {
    sha256,
    label,
    version,
    name: sha256,
    width: 1,
    height: 1,
    blurred: false,
    doubts: [],
    mask_size: [1, 1],
  };
};
function moved(photos: string[], there: boolean) {
  if (server.fail) throw server.fail;
  for (const sha256 of photos) {
    const one = server.photos.get(sha256);
    if (one) Object.assign(one, { there, version: one.version + 1 });
  }
  return { photos };
}
vi.mock("@/api/vision", () => ({
  labelPhotos: async (_project: string, changes: LabelChange[]) => {
    if (server.fail) throw server.fail;
    const [done, refused]: PhotoView[][] = [[], []];
    for (const { sha256, label, version } of changes) {
      const one = server.photos.get(sha256);
      if (!one) continue;
      const stale = one.label !== label && version !== undefined && version !== one.version;
      if (!stale && one.label !== label) Object.assign(one, { label, version: one.version + 1 });
      (stale ? refused : done)?.push(view(sha256));
    }
    return { done, refused, gone: [] };
  },
  removePhotos: async (_project: string, photos: string[]) => moved(photos, false),
  restorePhotos: async (_project: string, photos: string[]) => moved(photos, true),
}));

const labelOf = (sha256: string) => server.photos.get(sha256)?.label;
const somebody = (sha256: string, label: string | null) => {
  const one = server.photos.get(sha256);
  if (one) Object.assign(one, { label, version: one.version + 1 });
};
beforeEach(() => {
  server.fail = null;
  toasts.list = [];
  server.photos = new Map(["a", "b"].map((sha256) => [sha256, { label: null, version: 1, there: true }]));
});

describe("what is done to photos", () => {
  it("is taken back step by step, and nobody else is blamed", async () => {
    const changes = new Changes("p", () => undefined);
    await changes.label([view("a")], "cat");
    await changes.label([view("a")], "dog");
    await changes.undo();
    expect([labelOf("a"), changes.disputed.length]).toEqual(["cat", 0]);
    await changes.undo();
    expect([labelOf("a"), changes.disputed.length, changes.undoable]).toEqual([null, 0, 0]);
  });

  it("is taken back past a removal", async () => {
    const changes = new Changes("p", () => undefined);
    await changes.label([view("a")], "cat");
    await changes.remove([view("a")]);
    await changes.undo();
    expect(server.photos.get("a")?.there).toBe(true);
    await changes.undo();
    expect([labelOf("a"), changes.disputed.length]).toEqual([null, 0]);
  });

  it("may follow so quickly that the first answer is not there yet", async () => {
    const changes = new Changes("p", () => undefined);
    const seen = view("a");
    await Promise.all([changes.label([seen], "cat"), changes.label([seen], "dog")]);
    expect([labelOf("a"), changes.disputed.length]).toEqual(["dog", 0]);
  });

  it("leaves what somebody else said since, whichever step is taken back, and says so once", async () => {
    const changes = new Changes("p", () => undefined);
    await changes.label([view("a")], "cat");
    somebody("a", "bird");
    await changes.label([view("a")], "dog"); // having seen the bird
    await changes.undo();
    expect([labelOf("a"), changes.disputed.length]).toEqual(["bird", 0]);
    await changes.undo();
    expect([labelOf("a"), changes.disputed.length]).toEqual(["bird", 1]);
    const old = { ...view("a"), version: 1 };
    await changes.label([old], "fox");
    expect(changes.disputed.map((one) => one.wanted)).toEqual(["fox"]);
    await changes.insist("a");
    expect([labelOf("a"), changes.disputed.length]).toEqual(["fox", 0]);
  });

  it("can still be taken back when the server was away, and not twice", async () => {
    const changes = new Changes("p", () => undefined);
    await changes.label([view("a")], "cat");
    await changes.remove([view("b")]);
    server.fail = offlineError();
    expect(await changes.undo()).toEqual([]);
    expect(changes.undoable).toBe(2);
    server.fail = null;
    expect(await changes.undo()).toEqual(["b"]);
    expect(await changes.undo()).toEqual(["a"]);
    expect([labelOf("a"), changes.undoable]).toEqual([null, 0]);
    expect(await changes.undo()).toEqual([]);
  });

  it("is one step when each photo gets a class of its own", async () => {
    const changes = new Changes("p", () => undefined);
    await changes.labelEach([
      { photo: view("a"), wanted: "cat" },
      { photo: view("b"), wanted: "dog" },
    ]);
    expect([labelOf("a"), labelOf("b"), changes.undoable]).toEqual(["cat", "dog", 1]);
    await changes.undo();
    expect([labelOf("a"), labelOf("b")]).toEqual([null, null]);
  });
});
