import { describe, expect, it } from "vitest";
import { Pixels } from "./pixels";

const COLOURS: Record<string, number> = { red: 0xff0000ff, blue: 0xffff0000 };
const picture = (width: number, height: number, ratio = 1) => {
  const pixels = new Pixels((css) => COLOURS[css] ?? 0);
  pixels.begin(width, height, ratio);
  return pixels;
};
const rows = ({ data, width, height }: Pixels) =>
  Array.from({ length: height }, (_, y) =>
    Array.from(data.subarray(y * width, (y + 1) * width), (value) =>
      value === 0 ? "." : value === COLOURS.red ? "r" : value === COLOURS.blue ? "b" : "?",
    ).join(""),
  );

describe("rectangles pixel by pixel", () => {
  it("lie where they are told to, the later over the earlier", () => {
    const pixels = picture(6, 3);
    pixels.fillStyle = "red";
    pixels.fillRect(1, 0, 3, 2);
    pixels.fillStyle = "blue";
    pixels.fillRect(3, 1, 2, 2);
    expect(rows(pixels)).toEqual([".rrr..", ".rrbb.", "...bb."]);
  });

  it("end at the edges and never run into the next row", () => {
    const pixels = picture(4, 2);
    pixels.fillStyle = "red";
    pixels.fillRect(3, -1, 9, 2);
    pixels.fillRect(-5, 1, 6, 9);
    pixels.fillRect(9, 0, 2, 2);
    pixels.fillRect(-9, 0, 2, 2);
    expect(rows(pixels)).toEqual(["...r", "r..."]);
  });

  it("count the screen's pixels, and are never thinner than one", () => {
    const pixels = picture(3, 1, 2);
    pixels.fillStyle = "red";
    pixels.fillRect(1, 0, 0.1, 0.5);
    expect(rows(pixels)).toEqual(["..r...", "......"]);
  });

  it("are as clear as the brush", () => {
    const pixels = picture(1, 1);
    pixels.fillStyle = "red";
    pixels.globalAlpha = 0.28;
    pixels.fillRect(0, 0, 1, 1);
    expect((pixels.data[0] ?? 0) >>> 24).toBe(Math.round(255 * 0.28));
    pixels.begin(1, 1, 1);
    expect(pixels.data[0]).toBe(0);
  });
});
