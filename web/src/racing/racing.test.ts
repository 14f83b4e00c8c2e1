// The small decisions of the racing pages: drafts, files, results.
import { describe, expect, it } from "vitest";
import { fieldsOf, type Schema } from "@/core/forms/formModel";
import { fileName, meaning, split } from "@/core/runs/takeaway";
import { statusText, trialRow, verdict } from "./results";
import { fileProblem, trackName } from "./trackFile";
import { freshConfig, hasEnd, obstacles, type TrainDraft, toTraining } from "./train/draft";

const schema: Schema = {
  properties: {
    lr: { type: "number", minimum: 0, maximum: 1, default: 0.1, title: "Learning rate" },
    max_minutes: {
      anyOf: [{ type: "number", exclusiveMinimum: 0 }, { type: "null" }],
      default: 10,
      title: "Time limit",
    },
    car: {
      properties: {
        action_space_type: { enum: ["discrete", "continuous"], default: "discrete", title: "Action space" },
        steering_max_deg: { type: "number", default: 30, title: "Angle" },
        steering_count: { type: "integer", default: 5, title: "Angles" },
        speed_max_mps: { type: "number", default: 2, title: "Speed" },
        speed_min_mps: { type: "number", default: 0.5, title: "Slowest" },
        speed_count: { type: "integer", default: 2, title: "Speeds" },
        actions: { anyOf: [{ type: "array" }, { type: "null" }], default: null, title: "Actions" },
        network: { enum: ["light", "shallow"], default: "light", title: "Network" },
      },
    },
  },
};
const fields = fieldsOf(schema);
const draft = (extra: Partial<TrainDraft> = {}): TrainDraft => ({
  name: "brisk otter",
  track: "oval",
  reward: "centre",
  code: "def reward_function(params): return 1.0",
  config: freshConfig(fields, undefined),
  seed: 1,
  ...extra,
});

describe("a training's draft", () => {
  it("can start with nothing changed", () => expect(obstacles(draft(), fields, ["oval"])).toEqual([]));

  it("says what is in the way, one sentence each", () => {
    const config = { ...draft().config, lr: 5, max_minutes: null };
    const found = obstacles(draft({ track: "gone", code: " ", config, seed: 0.5 }), fields, ["oval"]);
    expect(found).toHaveLength(5);
    expect(found.join(" ")).toMatch(/track.*reward function.*Learning rate.*end.*seed/);
  });

  it("keeps an own action table of a kept draft", () => {
    const actions = [
      { steering_angle: 1, speed: 1 },
      { steering_angle: 2, speed: 1 },
    ];
    const config = freshConfig(fields, { car: { actions, network: "shallow" }, gone: 3 });
    expect(config.car).toMatchObject({ actions, network: "shallow", steering_count: 5 });
  });

  it("is sent without the track in its config and without an empty name", () => {
    const sent = toTraining(draft({ name: "  ", config: { ...draft().config, track: "oval" } }));
    expect(sent).toMatchObject({ name: null, track: "oval", seed: 1 });
    expect(sent.config).not.toHaveProperty("track");
  });

  it("needs an end", () => {
    expect(hasEnd({ max_minutes: null, stop_at_completion: 90 })).toBe(true);
    expect(hasEnd({ max_minutes: null })).toBe(false);
  });
});

describe("a track file", () => {
  it("proposes a name from the file's", () => {
    expect(trackName("C:\\tracks\\My_Track-2.npy")).toBe("My Track 2");
    expect(trackName("__.npy")).toBe("My track");
  });
  it("is refused before it is sent when it cannot be one", () => {
    expect(fileProblem({ name: "photo.png", size: 10 })?.message).toMatch("not a track file");
    expect(fileProblem({ name: "a.npy", size: 0 })?.message).toMatch("empty");
    expect(fileProblem({ name: "a.npy", size: 9_000_000 })?.message).toMatch("8 MB");
    expect(fileProblem({ name: "a.NPY", size: 10_000 })).toBeNull();
  });
});

describe("results", () => {
  const trial = {
    completion_percentage: 100,
    lap_times_s: [12.28],
    off_track_count: 1,
    crash_count: 0,
    reset_count: 1,
    penalty_s: 2,
    status: "lap_complete",
    time_s: 12.28,
  };
  it("show a complete lap's time", () => {
    expect(trialRow(trial, 0)).toMatchObject({
      trial: 1,
      time: "00:12.280",
      completed: "100\u202f%",
      status: "lap complete",
      ok: true,
      penalty: "2.0 s",
    });
  });
  it("add up laps driven in one go, and list them", () => {
    expect(trialRow({ ...trial, lap_times_s: [10, 11] }, 0)).toMatchObject({
      time: "00:21.000",
      laps: "00:10.000, 00:11.000",
    });
  });
  it("show how far a failed trial came", () => {
    const row = trialRow(
      { ...trial, lap_times_s: [], completion_percentage: 43.21, status: "off_track", time_s: 5 },
      1,
    );
    expect(row).toMatchObject({
      ok: false,
      completed: "43.2\u202f%",
      status: "left the track",
      time: "00:05.000",
    });
  });
  it("do not round an unfinished lap up to a whole one", () => {
    expect(trialRow({ ...trial, lap_times_s: [], completion_percentage: 99.9 }, 0).completed).toBe(
      "99.9\u202f%",
    );
  });
  it("come with a sentence that says how sure they are", () => {
    const report = {
      trials: [],
      completion_rate: 0.8,
      interval: [0.38, 0.96] as [number, number],
      best_lap_s: 1,
      median_lap_s: 1,
      n: 5,
      seed: 1,
      track: "oval",
      checkpoint: "best",
    };
    expect(verdict(report)).toMatch("4 of 5 trials");
    expect(verdict(report)).toMatch("between 38 and 96 %");
  });
  it("name a status that they have never heard of", () => expect(statusText("Fell Over")).toBe("fell over"));
});

describe("files of a run", () => {
  it("are sorted into model, records and the rest", () => {
    const files = ["model/model.onnx", "out/drive.mp4", "spec.json"].map((path) => ({ path, size: 1 }));
    expect(split(files)).toEqual({ model: [files[0]], out: [files[1]], rest: [files[2]] });
    for (const file of files) expect(meaning(file.path)).not.toBe("");
  });
  it("are downloaded under the run's name", () => {
    expect(fileName("Brisk Otter! 2", "model/model.onnx")).toBe("brisk-otter-2-model.onnx");
    expect(fileName("!!!", "a.json")).toBe("run-a.json");
  });
});
