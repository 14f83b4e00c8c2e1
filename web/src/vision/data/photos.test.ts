import { beforeEach, describe, expect, it, vi } from "vitest";
import { offlineError } from "@/api/problem";
import type { PhotoFilter } from "@/api/vision";
import { PhotoList } from "./photos.svelte";

/** A project of so many photos, or one that fails. */
const server = vi.hoisted(() => ({ total: 500, fail: null as unknown, asked: [] as number[] }));
vi.mock("@/api/vision", () => ({
  listPhotos: async (_project: string, { offset = 0, limit = 0 }: PhotoFilter) => {
    server.asked.push(offset);
    if (server.fail) throw server.fail;
    const items = Array.from({ length: Math.max(0, Math.min(limit, server.total - offset)) }, (_, k) => ({
      sha256: `${server.total}:${offset + k}`,
    }));
    return { items, total: server.total };
  },
}));
const settled = () => new Promise((resolve) => setTimeout(resolve));
beforeEach(() => Object.assign(server, { total: 500, fail: null, asked: [] }));

describe("a list of photos", () => {
  it("asks again for what is in sight once it is shown anew", async () => {
    const list = new PhotoList("p");
    await list.show({});
    list.need(390, 410);
    await settled();
    expect(server.asked).toEqual([0, 200, 400]);
    const anew = list.show({ show: "doubtful" });
    list.need(390, 410); // nothing is asked of the list before
    expect(server.asked.length).toBe(4);
    await anew;
    list.need(390, 410);
    await settled();
    expect(server.asked).toEqual([0, 200, 400, 0, 200, 400]);
    expect(list.at(401)?.sha256).toBe("500:401");
  });

  it("begins anew where somebody has added some, for all places have moved", async () => {
    const list = new PhotoList("p");
    await list.show({});
    server.total = 501;
    list.need(200, 201);
    await settled();
    await settled();
    expect([list.total, list.at(0)?.sha256]).toEqual([501, "501:0"]);
  });

  it("keeps what is there where a page fails, and asks for that one when told to", async () => {
    const list = new PhotoList("p");
    await list.show({});
    server.fail = offlineError();
    list.need(200, 201);
    await settled();
    list.need(200, 201);
    expect([list.error?.offline, list.at(3)?.sha256, server.asked]).toEqual([true, "500:3", [0, 200]]);
    server.fail = null;
    list.again();
    list.need(200, 201);
    await settled();
    expect([list.error, list.at(200)?.sha256]).toEqual([undefined, "500:200"]);
  });

  it("leads from one photo to the next over the end of a page", async () => {
    const list = new PhotoList("p");
    await list.show({});
    expect((await list.reach(list.place("500:199") + 1))?.sha256).toBe("500:200");
    expect(await list.reach(500)).toBeUndefined();
    expect(await list.reach(-1)).toBeUndefined();
  });
});
