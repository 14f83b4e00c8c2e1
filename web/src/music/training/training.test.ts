import { describe, expect, it } from "vitest";
import type { Composition } from "@/api/music";
import type { MeasureRow, SetReport, SetSummary } from "@/api/training";
import type { MetricRows } from "@/api/types";
import { Draft } from "@/core/drafts";
import type { Schema } from "@/core/forms/formModel";
import { crc32, zipOf } from "@/core/zip";
import { chooseModel, TECHNIQUE_DRAFT, TECHNIQUE_VERSION } from "./chooseModel";
import { chartsOf, figures, learned, lineName, xLabel } from "./curves";
import { barLines, barsOf, described, frameOf } from "./film";
import { drawn, summaryText, verdict } from "./measures";
import { goesAlone, isMusic, obstacle, reportLines, setName, shareDone, splitText } from "./sets";
import {
  commandFor,
  draftOf,
  fieldsFor,
  freshConfig,
  groupsOf,
  obstacles,
  pythonFor,
  techniquesOf,
  toTraining,
} from "./trainForm";

const bytesOf = (text: string) => new TextEncoder().encode(text);

describe("a zip of many files", () => {
  it("has the checksum of the standard's check value", () => {
    expect(crc32(bytesOf("123456789")).toString(16)).toBe("cbf43926");
  });

  it("holds each file under its name, and says where it lies", async () => {
    const content = new Uint8Array([1, 2, 3, 4, 5]);
    const zip = new DataView(
      await zipOf([
        { name: "a/ü.mid", content },
        { name: "b.abc", content: bytesOf("X:1") },
      ]).arrayBuffer(),
    );
    const end = zip.byteLength - 22;
    expect(zip.getUint32(end, true)).toBe(0x06054b50);
    expect(zip.getUint16(end + 10, true)).toBe(2);
    const directory = zip.getUint32(end + 16, true);
    const length = zip.getUint16(directory + 28, true);
    const name = new Uint8Array(zip.buffer, directory + 46, length);
    expect(new TextDecoder().decode(name)).toBe("a/ü.mid");
    const second = directory + 46 + length;
    const at = zip.getUint32(second + 42, true);
    expect(zip.getUint32(at, true)).toBe(0x04034b50);
    const data = at + 30 + zip.getUint16(at + 26, true);
    expect(new TextDecoder().decode(new Uint8Array(zip.buffer, data, 3))).toBe("X:1");
  });
});

describe("files for a training set", () => {
  const file = (name: string, size = 10) => ({ name, size });

  it("are those of notes", () => {
    expect(["a.mid", "f/B.XML", "x.npz"].every(isMusic)).toBe(true);
    expect(["a.txt", ".a.mid", "__MACOSX/a.mid", "mid"].some(isMusic)).toBe(false);
  });

  it.each([
    [[], "Choose files"],
    [[file("a.txt")], "such as a.txt"],
    [[file("one.mid")], "One piece is too little"],
    [[file("a.mid", 150e6), file("b.mid", 150e6)], "larger than 200 MB"],
  ])("are told what is wrong with them", (all, words) => {
    expect(
      obstacle(
        all,
        all.filter((one) => isMusic(one.name)),
      ),
    ).toContain(words);
  });

  it("may be one zip or one roll", () => {
    for (const name of ["folder.zip", "rolls.npz"]) {
      expect(goesAlone([file(name)])).toBe(true);
      expect(obstacle([file(name)], [file(name)])).toBe("");
    }
  });

  it("give the set a name that the server takes, and that is free", () => {
    expect(setName("Meine Lieder (2024).zip", [])).toBe("Meine-Lieder-2024");
    expect(setName("../etc", ["etc"])).toBe("etc-2");
    expect(setName("音楽", [])).toBe("music");
  });

  it("have a share that is done", () => {
    expect(shareDone("30 of 120 files read ...")).toBe(0.25);
    expect(shareDone("Checking 5 pieces ...")).toBeNull();
  });
});

const counts = (pieces: number, four: number, tunes = 0) => ({
  pieces,
  four_part: four,
  tunes,
  steps: 1,
  notes: 100,
});
const SET: SetSummary = {
  name: "mine",
  source: "mine",
  sha256: "0",
  licence: null,
  warnings: [],
  counts: { all: counts(30, 2), train: counts(20, 2), valid: counts(5, 0), test: counts(5, 0) },
};

describe("a report", () => {
  it("says in words what was found", () => {
    const report: SetReport = {
      ...SET,
      seed: 1,
      files: 33,
      moved: 0.123,
      near_duplicates: 1,
      other_files: 0,
      failed: [{ name: "a", message: "b" }],
      set_aside: [],
      duplicates: [],
      pieces: [],
      leak: [{ steps: 32, valid: 0.02, test: null, bach_valid: 0.01, bach_test: 0.02 }],
    };
    const text = reportLines(report).join(" ");
    for (const words of ["33 files read, 1 of them not", "2 of 30", "12.3", "2.0", "1.0"])
      expect(text).toContain(words);
    expect(splitText(SET)).toBe("20 pieces to learn from, 5 to check with, 5 kept for the end");
  });
});

const number = { type: "number", title: "Size", group: "network" };
const SCHEMA: Schema = {
  properties: {
    technique: { enum: ["transformer", "gan"], default: "transformer" },
    max_minutes: {
      anyOf: [{ type: "number" }, { type: "null" }],
      default: null,
      title: "Limit",
      group: "stop",
    },
    transformer: { title: "Transformer", properties: { width: { ...number, default: 192 } } },
    gan: {
      title: "GAN",
      description: "Two networks.",
      properties: { width: { ...number, minimum: 4, default: 64 } },
    },
  },
};

describe("the form of a training", () => {
  const draft = draftOf({ name: "x", config: { technique: "gan", gan: { width: 8 } }, seed: 3 }, "mine");
  const fields = fieldsFor(SCHEMA, "gan");

  it("offers every technique of the schema, each with its own settings", () => {
    expect(techniquesOf(SCHEMA).map((one) => one.title)).toEqual(["Transformer", "GAN"]);
    expect(fields.map((field) => field.key)).toEqual(["max_minutes", "gan.width"]);
    expect(groupsOf(fields).map((group) => group.id)).toEqual(["network", "stop"]);
  });

  it("sends what belongs to the technique and nothing of the others", () => {
    const mixed = { ...draft, config: { ...draft.config, transformer: { width: 999 } } };
    expect(toTraining(mixed, fields)).toEqual({
      set: "mine",
      name: "x",
      seed: 3,
      device: "cpu",
      config: { technique: "gan", max_minutes: null, gan: { width: 8 } },
    });
  });

  it("is checked and sent as it was entered, and begins with what still fits", () => {
    const wrong = { ...draft, config: { gan: { width: 1 } } };
    expect(toTraining(wrong, fields).config).toMatchObject({ gan: { width: 1 } });
    expect(obstacles({ ...draft, config: { gan: { width: null } } }, fields, [SET])[0]).toContain(
      "needs a value",
    );
    expect(
      freshConfig(SCHEMA, { technique: "gan", gan: { width: 1 }, transformer: { width: 8, old: 3 } }),
    ).toEqual({
      max_minutes: null,
      gan: { width: 64 },
      transformer: { width: 8 },
    });
  });

  it("is the same as a command and in Python", () => {
    expect(commandFor(draft, fields)).toBe(
      "trivium music train --technique gan --data mine --seed 3 --set gan.width=8",
    );
    expect(pythonFor(draft, fields)).toContain(
      'music.train("mine", technique="gan", seed=3, gan={"width": 8})',
    );
  });

  it("says what stands in the way", () => {
    expect(obstacles(draft, fields, [SET])).toEqual([]);
    expect(obstacles(draft, fields, [])[0]).toContain("Choose the music");
    expect(obstacles({ ...draft, technique: "transformer" }, fields, [SET])[0]).toContain(
      "four separate voices",
    );
    const tunes = { ...SET, counts: { all: counts(30, 0, 30), train: counts(20, 0, 20) } };
    expect(obstacles({ ...draft, technique: "transformer" }, fields, [tunes])).toEqual([]);
    expect(obstacles({ ...draft, config: { gan: { width: 1 } } }, fields, [SET])[0]).toContain("Size lies");
  });
});

describe("the curves", () => {
  const rows: MetricRows = {
    epoch: [
      [10, 1],
      [20, 2],
      [30, 3],
      [40, 4],
    ],
    "nats_per_note/valid": [
      [10, 1.2],
      [20, 0.6],
      [30, 0.8],
      [40, 1.0],
    ],
    "nats_per_note/bigram": [
      [10, 0.9],
      [20, 0.9],
      [30, 0.9],
      [40, 0.9],
    ],
    "losses/generator": [[10, 3]],
    "losses/critic": [[10, -2]],
    "charts/notes_per_s": [[10, 5000]],
    "distance_low/polyphony": [[10, 0.1]],
    "floor/polyphony": [[10, 0.2]],
  };
  const best = { metric: "nats_per_note/valid", value: 0.6, step: 20 };

  it("stand in one chart for each score, what was chosen by first, speeds and intervals left out", () => {
    const charts = chartsOf(rows, best);
    expect(charts.map((chart) => chart.id)).toEqual(["nats_per_note", "losses"]);
    expect(charts[0]?.series.map((line) => line.label)).toEqual(["Pieces to check with", "Bigram baseline"]);
    expect(charts[0]?.marker).toEqual({ x: 2, label: "best model" });
    expect(charts[1]?.series.map((line) => line.label)).toEqual(["Critic", "Generator"]);
    expect(charts[1]?.text).toContain("against each other");
    expect(xLabel(rows)).toBe("Epoch");
    expect(lineName("edit_precision/10")).toBe("10 % spoilt");
  });

  it("are told in words: the gain, the baseline, and learning by heart", () => {
    const text = learned(rows, best, false).join(" ");
    expect(text).toContain("from 1.2 to 0.6");
    expect(text).toContain("better than counting");
    expect(text).toContain("by heart");
    expect(learned(rows, null, true)).toEqual([]);
    const early = { "a/valid": [[1, 2]] } as MetricRows;
    expect(learned(early, { metric: "a/valid", value: 2, step: 1 }, true)).toHaveLength(2);
  });

  it("give the figures at the head of the page", () => {
    expect(figures(rows).map((one) => one.label)).toEqual(["Epoch", "Baseline", "Generator", "Critic"]);
  });
});

describe("a model that is to compose", () => {
  it("is chosen for its technique, and what was chosen for others stays", () => {
    const held = new Map<string, string>();
    const storage = {
      getItem: (key: string) => held.get(key) ?? null,
      setItem: (key: string, value: string) => void held.set(key, value),
      removeItem: (key: string) => void held.delete(key),
    } as unknown as Storage;
    chooseModel(storage, "gan", "RUN1");
    chooseModel(storage, "arcnn", "RUN2");
    const draft = new Draft<Record<string, unknown>>(TECHNIQUE_DRAFT, TECHNIQUE_VERSION, storage).load();
    expect(draft).toMatchObject({ technique: "arcnn", models: { gan: "RUN1", arcnn: "RUN2" }, seed: 1 });
  });
});

describe("the film", () => {
  const made = (...parts: { onset: number; length: number; pitch: number }[][]) =>
    ({ parts: parts.map((notes) => ({ notes })) }) as unknown as Composition;
  const given = [{ onset: 0, length: 480, pitch: 60 }];
  const begin = made(given);
  const piece = made(given, [{ onset: 1920, length: 480, pitch: 40 }]);

  it("keeps one frame, and tells what was given from what was written", () => {
    const frame = frameOf([begin, piece]);
    expect(frame.end).toBe(3840);
    expect(frame.low).toBeLessThan(40);
    const bars = barsOf(piece, frame, begin);
    expect(bars.map((bar) => bar.isGiven)).toEqual([true, false]);
    expect(bars[1]?.x).toBe(500);
    expect(barLines(frame)).toEqual([0, 500]);
    expect(described(piece, begin)).toBe("2 notes, 1 of them written by the model");
  });

  it("has a picture even of silence", () => {
    expect(barsOf(made(), frameOf([made()]), undefined)).toEqual([]);
  });
});

describe("measures beside real music", () => {
  const row = (distance: number, interval: [number, number]): MeasureRow => ({
    metric: "polyphony",
    title: "Notes at once",
    unit: "",
    meaning: "",
    distance,
    interval,
    floor: 0.2,
    floor_interval: [0.1, 0.4],
    generated_mean: 1,
    held_out_mean: 2,
    generated_n: 4,
    held_out_n: 10,
  });

  it("are off only where chance does not explain it", () => {
    expect(verdict(row(0.3, [0.1, 0.5]))).toBe("like real music");
    expect(verdict(row(0.6, [0.3, 0.9]))).toBe("not told apart");
    expect(verdict(row(0.8, [0.5, 1.0]))).toBe("off");
    expect(summaryText([row(0.3, [0, 1]), row(0.8, [0.5, 1])])).toContain("In 1 of 2 measures");
  });

  it("are drawn within their own width", () => {
    expect(drawn(row(0.5, [0.25, 1]))).toEqual({
      distance: 50,
      low: 25,
      high: 100,
      floorLow: 10,
      floorHigh: 40,
    });
    expect(drawn(row(0, [0, 0])).distance).toBe(0);
  });
});
