import { describe, expect, it } from "vitest";
import type { PhotoView, ProjectView, VisionEvaluation } from "@/api/vision";
import { fieldsOf, type Schema } from "@/core/forms/formModel";
import type { Picked } from "@/core/picked";
import { curvesOf } from "./curves";
import { gridOf, inSight, placeOf } from "./grid";
import { classOf, History, keyOf, takingBack } from "./history";
import { arranged, isProjectName, parts, projectName } from "./intake";
import { commonest, sentence, shade } from "./scores";
import { commandFor, obstacles, pythonFor, toTraining } from "./trainForm";

describe("a grid of any length", () => {
  it("fills the width and says how high it is", () => {
    const grid = gridOf(10_000, 1000, 120, 8);
    expect(grid.columns).toBe(7);
    expect(grid.columns * grid.cell + 6 * 8).toBeCloseTo(1000);
    expect(grid.height).toBeCloseTo(Math.ceil(10_000 / 7) * (grid.cell + 8) - 8);
    expect(gridOf(0, 1000, 120, 8).height).toBe(0);
    expect(gridOf(3, 50, 120, 8).columns).toBe(1);
  });

  it("holds what is in sight and little more, wherever one looks", () => {
    const grid = gridOf(10_000, 1000, 120, 8);
    for (const top of [-500, 0, 20_000, grid.height - 800]) {
      const [first, last] = inSight(grid, 10_000, top, top + 800);
      expect(last - first).toBeLessThanOrEqual(7 * (Math.ceil(800 / (grid.cell + 8)) + 5));
      for (let i = 0; i < 10_000; i += 97) {
        const { y } = placeOf(grid, i);
        if (y + grid.cell > top && y < top + 800) expect(i >= first && i < last).toBe(true);
      }
    }
    expect(inSight(grid, 10_000, -5000, -4000)).toEqual([0, 0]);
  });
});

const picked = (...names: string[]): Picked[] => names.map((name) => ({ name, file: { size: 10 } as File }));

describe("what was dropped", () => {
  it("loses the outer folder where class folders lie in it, and what systems leave behind", () => {
    const found = arranged(
      picked("photos/cat/1.jpg", "photos/dog/2.jpg", "photos/loose.jpg", "photos/.DS_Store", "__MACOSX/x"),
    );
    expect(found.map((one) => one.name)).toEqual(["cat/1.jpg", "dog/2.jpg", "loose.jpg"]);
  });

  it("keeps the name of a class folder", () => {
    expect(arranged(picked("cat/1.jpg", "cat/2.jpg")).map((one) => one.name)).toEqual([
      "cat/1.jpg",
      "cat/2.jpg",
    ]);
    expect(arranged(picked("cat/1.jpg", "dog/2.jpg"))).toHaveLength(2);
    expect(arranged([])).toEqual([]);
  });

  it("goes in as many zips as it takes", () => {
    const all = picked(...Array.from({ length: 10 }, (_, k) => `${k}.jpg`));
    expect(parts(all, 4, 1000).map((part) => part.length)).toEqual([4, 4, 2]);
    expect(parts(all, 100, 35).map((part) => part.length)).toEqual([3, 3, 3, 1]);
    expect(parts(all, 4, 1000).flat()).toEqual(all);
  });

  it("gives a project a name that is free", () => {
    expect(projectName("Mein Müll!", [])).toBe("Mein-Mull");
    expect(projectName("a", ["A", "a-2"])).toBe("a-3");
    expect(isProjectName(projectName("…", []))).toBe(true);
    expect(isProjectName("../x")).toBe(false);
  });
});

const photo = (sha256: string, label: string | null, version: number): PhotoView => ({
  sha256,
  label,
  version,
  name: sha256,
  width: 1,
  height: 1,
  blurred: false,
  doubts: [],
  mask_size: [1, 1],
});

describe("taking back", () => {
  it("asks for the old label of the photos as the step left them", () => {
    const history = new History();
    history.push({
      before: [photo("a", null, 1), photo("b", "cat", 4)],
      after: [photo("a", "dog", 2), photo("b", "dog", 5)],
    });
    history.push({ before: [], after: [] });
    expect(history.length).toBe(1);
    const step = history.pop();
    expect(step && takingBack(step)).toEqual([
      { photo: photo("a", "dog", 2), wanted: null },
      { photo: photo("b", "dog", 5), wanted: "cat" },
    ]);
    expect(history.pop()).toBeUndefined();
  });

  it("labels by the digits in their order on the keyboard", () => {
    const classes = Array.from({ length: 12 }, (_, k) => `c${k}`);
    for (const [i, name] of classes.slice(0, 10).entries())
      expect(classOf(keyOf(i) ?? "", classes)).toBe(name);
    expect(keyOf(10)).toBeUndefined();
    expect(classOf("3", ["only"])).toBeUndefined();
    expect(classOf("F1", classes)).toBeUndefined();
  });
});

const report = (confusion: number[][]): VisionEvaluation => {
  const classes = confusion.map((_, i) => `c${i}`);
  const n = confusion.flat().reduce((a, b) => a + b, 0);
  const right = confusion.reduce((sum, row, i) => sum + (row[i] ?? 0), 0);
  return {
    classes,
    confusion,
    n,
    accuracy: right / n,
    interval: [right / n - 0.1, right / n + 0.05],
    baseline: { name: "", accuracy: 0.3 },
    per_class: confusion.map((row, i) => {
      const there = row.reduce((a, b) => a + b, 0);
      return {
        name: `c${i}`,
        n: there,
        recall: (row[i] ?? 0) / there,
        interval: [0, 1],
        precision: 1,
        f1: 1,
      };
    }),
  } as VisionEvaluation;
};

describe("a result in words", () => {
  it("names the commonest mistake and the hardest class", () => {
    const found = report([
      [10, 0, 0],
      [3, 6, 1],
      [0, 1, 9],
    ]);
    expect(commonest(found)).toEqual({ label: "c1", predicted: "c0", n: 3 });
    expect(sentence(found)).toContain("wrong on 5 of 30 photos");
    expect(sentence(found, "clip")).toContain("wrong on 5 of 30 clips");
    expect(sentence(found)).toContain("“c1” for “c0” (3)");
    expect(sentence(found)).toContain("“c1” is the hardest");
    expect(shade([3, 6, 1], 6)).toBeCloseTo(0.6);
    expect(shade([0, 0], 0)).toBe(0);
  });

  it("does not boast of a few right answers", () => {
    expect(
      sentence(
        report([
          [2, 0],
          [0, 2],
        ]),
      ),
    ).toContain("nobody can say");
    expect(
      sentence(
        report([
          [1, 2],
          [2, 1],
        ]),
      ),
    ).toContain("no better than always naming the most frequent class");
  });
});

const SCHEMA: Schema = {
  properties: {
    folds: { type: "integer", default: 5, minimum: 2, maximum: 20, title: "Folds", group: "evaluation" },
    head: {
      properties: {
        l2: { type: "number", default: 100, title: "Weight decay", group: "learning" },
        class_weights: { type: "boolean", default: true, title: "Balance", group: "learning" },
      },
    },
  },
};
const fields = fieldsOf(SCHEMA);
const draft = { name: " mine ", seed: 3, config: { head: { l2: 30, class_weights: false }, folds: 7 } };
const project = (photos: number[]): ProjectView =>
  ({ name: "p", classes: photos.map((count, i) => ({ name: `c${i}`, photos: count })) }) as ProjectView;

describe("a training", () => {
  it("is sent whole, and stands as a command and in Python with what was changed", () => {
    expect(toTraining("p", draft, fields)).toEqual({
      project: "p",
      name: "mine",
      seed: 3,
      config: { folds: 7, head: { l2: 30, class_weights: false } },
    });
    expect(commandFor("p", draft, fields)).toBe(
      "trivium vision train p --seed 3 --set folds=7 --set head.l2=30 --set head.class_weights=false",
    );
    expect(pythonFor("p", draft, fields)).toContain(
      'vision.train("p", seed=3, folds=7, head={"l2": 30, "class_weights": False})',
    );
    expect(commandFor("p", { name: "", seed: 1, config: {} }, fields)).toBe(
      "trivium vision train p --seed 1",
    );
  });

  it("is checked and sent as it was entered, never with a default in place of what is wrong", () => {
    for (const folds of [1, 99, 2.5, null]) {
      const wrong = { ...draft, config: { folds } };
      expect(obstacles(project([5, 5]), wrong, fields)).toHaveLength(1);
      expect(toTraining("p", wrong, fields).config).toMatchObject({ folds });
      expect(commandFor("p", wrong, fields)).toContain(`folds=${folds}`);
    }
  });

  it("says what is in its way", () => {
    const plain = { name: "", seed: 1, config: {} };
    expect(obstacles(project([5, 5]), plain, fields)).toEqual([]);
    expect(obstacles(project([0, 0]), plain, fields)[0]).toContain("No photo has a class");
    expect(obstacles(project([5, 0]), plain, fields)[0]).toContain("Only “c0”");
    expect(obstacles(project([5, 1]), plain, fields)[0]).toContain("“c1” has a single photo");
    expect(obstacles(project([5, 5]), { ...plain, seed: -1 }, fields)).toHaveLength(1);
  });

  it("lets a detector learn a single class, from boxes", () => {
    const plain = { name: "", seed: 1, config: {} };
    expect(obstacles({ ...project([5, 0]), task: "detection" }, plain, fields)).toEqual([]);
    expect(obstacles({ ...project([0, 0]), task: "detection" }, plain, fields)[0]).toContain(
      "No photo has a box",
    );
  });

  it("shows each metric that makes a curve, with those of its kind", () => {
    const curves = curvesOf({
      fold: [
        [1, 1],
        [2, 2],
      ],
      "accuracy/fold": [
        [1, 0.8],
        [2, 0.9],
      ],
      "accuracy/held_out": [[3, 0.85]],
      temperature: [[3, 1.1]],
    });
    expect(curves.map((curve) => curve.title)).toEqual(["Share right"]);
    expect(curves[0]?.series.map((one) => one.values)).toEqual([
      [0.8, 0.9, null],
      [null, null, 0.85],
    ]);
  });
});
