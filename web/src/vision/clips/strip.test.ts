import { describe, expect, it } from "vitest";
import { added, background, type Range, rangesCaption, snapped, tileAt } from "./strip";

const video = { duration_s: 2.5, tiles: 20, ranges: null };

describe("a strip", () => {
  it("shows each moment by the tile of its time", () => {
    expect([0, 0.12, 0.125, 1.3, 2.49, 9, -1].map((time) => tileAt(video, time))).toEqual([
      0, 0, 1, 10, 19, 19, 0,
    ]);
  });

  it("is moved so that one tile fills the element", () => {
    expect(background(video, 0)).toEqual({ size: "1000% 200%", position: "0.000% 0.000%" });
    expect(background(video, 19)).toEqual({ size: "1000% 200%", position: "100.000% 100.000%" });
    expect(background({ tiles: 4 }, 2)).toEqual({ size: "1000% 100%", position: "22.222% 0.000%" });
  });
});

describe("ranges", () => {
  it("are snapped to moments and stay in the video", () => {
    expect([snapped(0.3, 2.5), snapped(-1, 2.5), snapped(2.6, 2.55)]).toEqual([0.25, 0, 2.55]);
  });

  it("are kept in order, whichever end was set first, and are not too short", () => {
    const one = added([], "sit", 2, 1);
    expect(added(one, "jump", 0.25, 0.75).map((each) => each.label)).toEqual(["jump", "sit"]);
    expect(one).toEqual([{ label: "sit", start_s: 1, end_s: 2 }]);
    expect(added(one, "jump", 1, 1.125)).toEqual(one);
  });

  it("end at what is named otherwise", () => {
    const one = added([], "jump", 2, 3);
    const times = (ranges: Range[]) => ranges.map((each) => [each.label, each.start_s, each.end_s]);
    expect(times(added(one, "wave", 1, 2.5))).toEqual([
      ["wave", 1, 2],
      ["jump", 2, 3],
    ]);
    expect(times(added(one, "wave", 1, 4))).toEqual([
      ["wave", 1, 2],
      ["jump", 2, 3],
      ["wave", 3, 4],
    ]);
    expect(added(one, "wave", 2.25, 2.75)).toEqual(one);
    expect(added(one, "wave", 1.875, 2.5)).toEqual(one); // too little is left
  });

  it("get another name where they are chosen whole, and those of one class that overlap are one", () => {
    const one = added([], "jump", 2, 3);
    expect(added(one, "sit", 3, 2)).toEqual([{ label: "sit", start_s: 2, end_s: 3 }]);
    expect(added(one, "jump", 1, 2.5)).toEqual([{ label: "jump", start_s: 1, end_s: 3 }]);
    expect(added(one, "jump", 3, 4)).toHaveLength(2);
  });

  it("are named once each", () => {
    const ranges = added(added([], "sit", 0, 1), "sit", 1, 2);
    expect(rangesCaption({ ...video, ranges })).toBe("sit");
    expect(rangesCaption({ ...video, ranges: [] })).toBe("nothing in it");
    expect(rangesCaption(video)).toBe("no class");
  });
});
