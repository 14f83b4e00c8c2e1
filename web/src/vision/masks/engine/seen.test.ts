import { describe, expect, it } from "vitest";
import { blank, type Mask } from "./mask";
import { encoded } from "./png";
import { orderOf, planeOf } from "./seen";

async function base64(mask: Mask): Promise<string> {
  return btoa(String.fromCharCode(...new Uint8Array(await (await encoded(mask)).arrayBuffer())));
}
const patch = (width: number, height: number, ...places: number[]) => {
  const mask = blank(width, height);
  for (const place of places) mask.data[place] = 255;
  return mask;
};

describe("the masks of an event", () => {
  it("become one mask, each class by its place in the project", async () => {
    const masks = [
      { label: "tree", share: 0.5, png: await base64(patch(3, 2, 0, 1, 3)) },
      { label: "road", share: 0.2, png: await base64(patch(3, 2, 5)) },
      { label: "gone", share: 0.1, png: await base64(patch(3, 2, 4)) },
      { label: "small", share: 0.01, png: null },
    ];
    const order = orderOf(["road", "car", "tree"], masks);
    expect(order).toEqual(["road", "car", "tree", "gone", "small"]);
    const all = await planeOf(masks, order);
    expect([all?.width, all?.height, [...(all?.data ?? [])]]).toEqual([3, 2, [3, 3, 0, 3, 4, 1]]);
  });

  it("are none where nothing is seen, or nothing has pixels", async () => {
    expect(await planeOf([], ["road"])).toBeUndefined();
    expect(await planeOf([{ label: "road", share: 0.4, png: null }], ["road"])).toBeUndefined();
  });

  it("of another size are left out", async () => {
    const masks = [
      { label: "road", share: 0.5, png: await base64(patch(3, 2, 0)) },
      { label: "tree", share: 0.5, png: await base64(patch(2, 2, 1)) },
    ];
    expect([...((await planeOf(masks, ["road", "tree"]))?.data ?? [])]).toEqual([1, 0, 0, 0, 0, 0]);
  });
});
