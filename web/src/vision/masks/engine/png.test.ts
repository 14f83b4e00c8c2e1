import { describe, expect, it } from "vitest";
import { blank, same } from "./mask";
import { crc32, decoded, encoded } from "./png";

/** Each of the five filters in turn, in two chunks; Pillow reads it so: 0 to 6, and 41 more in each row. */
const FIVE_FILTERS =
  "iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFCAAAAACs8akEAAAACUlEQVR4nGNgYGRiZmFP+b26AAAAFklEQVRlY9RkBAMmTQhgDhIFAxaoOAArUwJtsK9UkAAAAABJRU5ErkJggg==";

describe("masks as files", () => {
  it("come back as they went", async () => {
    const mask = blank(37, 23);
    mask.data.set(mask.data.map((_, k) => (k * k * 31) % 256));
    const file = await encoded(mask);
    const bytes = new Uint8Array(await file.arrayBuffer());
    expect([...bytes.subarray(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47]);
    expect([bytes[24], bytes[25], bytes[28]]).toEqual([8, 0, 0]); // 8 bits, grey, not interlaced
    expect(same(await decoded(file), mask)).toBe(true);
  });

  it("are read whatever filters another program has chosen", async () => {
    const bytes = Uint8Array.from(atob(FIVE_FILTERS), (c) => c.charCodeAt(0));
    const mask = await decoded(bytes.buffer);
    expect([mask.width, mask.height]).toEqual([7, 5]);
    expect([...mask.data]).toEqual(Array.from({ length: 35 }, (_, k) => (k % 7) + 41 * Math.floor(k / 7)));
  });

  it("are refused where they are none", async () => {
    await expect(decoded(new Blob(["GIF89a"]))).rejects.toThrow("no PNG");
    const bytes = new Uint8Array(await (await encoded(blank(4, 4))).arrayBuffer());
    bytes[25] = 2; // colour
    await expect(decoded(bytes.buffer)).rejects.toThrow("one channel");
  });

  it("have the checksum that PNG asks for", () => {
    expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926); // the check value of CRC-32
  });
});
