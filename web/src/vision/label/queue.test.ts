import { describe, expect, it, vi } from "vitest";
import type { PhotoView } from "@/api/vision";
import { Queue } from "./queue.svelte";

vi.mock("@/api/vision", () => ({
  listPhotos: async () => ({ items: ["a", "b", "c", "d"].map((sha256) => ({ sha256 })), total: 4 }),
}));
const photo = (sha256: string) => ({ sha256 }) as PhotoView;

describe("the photos that are labelled one after the other", () => {
  it("stand still under what is looked at when one before it goes, and when it comes back", async () => {
    const queue = new Queue("p");
    await queue.load("all");
    queue.move(2);
    queue.drop("a");
    expect([queue.current?.sha256, queue.photos?.length]).toEqual(["c", 3]);
    queue.drop("c");
    expect(queue.current?.sha256).toBe("d");
    queue.drop("nobody");
    expect(queue.current?.sha256).toBe("d");
    queue.put(photo("a"), 0);
    expect([queue.current?.sha256, queue.photos?.map((one) => one.sha256)]).toEqual(["a", ["a", "b", "d"]]);
  });
});
