// Which file of a run is what. Pure functions.
import type { RunFile } from "@/api/types";

const MEANINGS: readonly [RegExp, string][] = [
  [/^model\/.*\.onnx$/, "The network in a form that almost every program and device can run (ONNX)."],
  [/^model\/.*\.safetensors$/, "The network's weights, for Python: load them with the safetensors library."],
  [
    /^model\/.*\.json$/,
    "The card: what goes in and comes out, how that is prepared, scores, and what it was trained on.",
  ],
  [/^out\/.*\.mp4$/, "A video of the drive."],
  [/^out\/samples\/beginnings\.json$/, "What the samples begin with, and how held-out music measures."],
  [/^out\/samples\//, "What the model composed at that update, and how it measures."],
  [/^out\/composition\.(mid|json)$/, "The composition."],
  [/^inputs\/pieces\.npz$/, "The music that this run learns from: plain arrays of notes."],
  [/^out\/evaluation\.json$/, "The results of the evaluation, every trial."],
  [/^out\/replay\.json$/, "Every step of every trial: place, speed, steering, progress."],
  [/^inputs\/reward\.py$/, "The reward function that this run learned from."],
  [/^events\.jsonl$/, "Everything that happened, one JSON object a line: curves, episodes, log."],
  [/^spec\.json$/, "The task: settings, seed, and the fingerprints of all inputs."],
  [/^status\.json$/, "The state that the run is in."],
  [/^checkpoints\//, "A point that the run can go on from."],
];

export const meaning = (path: string): string => MEANINGS.find(([pattern]) => pattern.test(path))?.[1] ?? "";

export function split(all: readonly RunFile[]): { model: RunFile[]; out: RunFile[]; rest: RunFile[] } {
  const files = all.filter((file) => file.size > 0);
  const under = (folder: string) => files.filter((file) => file.path.startsWith(`${folder}/`));
  const [model, out] = [under("model"), under("out")];
  return { model, out, rest: files.filter((file) => !model.includes(file) && !out.includes(file)) };
}

/** A download says whose it is: "brisk-otter-model.onnx". */
export function fileName(run: string, path: string): string {
  const stem = run
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
  return `${stem || "run"}-${path.split("/").at(-1) ?? path}`;
}
