// The shapes that pages use, under the names they use them by: the server's own (schema.d.ts is generated), and the
// files of a run, which the server only passes on.
import type { components } from "./schema";

type Schemas = components["schemas"];

export type RunView = Schemas["RunView"];
export type RunState = RunView["state"];
export type Best = Schemas["Best"];
export type Confinement = Schemas["Confinement"];
export type StudioView = Schemas["StudioView"];
export type SystemView = Schemas["SystemView"];
export type TrackView = Schemas["TrackView"];
export type RewardView = Schemas["RewardView"];
export type Remark = Schemas["Remark"];
export type Validation = Schemas["ValidationResult"];
export type RunFile = Schemas["RunFile"];
export type ConfigSchemas = Schemas["ConfigSchemas"];
export type TrainConfig = Schemas["TrainConfig"];
export type EvaluateConfig = Schemas["EvaluateConfig"];
export type NewTraining = Schemas["TrainingRequest"];
export type NewEvaluation = Schemas["EvaluationRequest"];
export type RunEvent =
  | Schemas["MetricEvent"]
  | Schemas["StateEvent"]
  | Schemas["SampleEvent"]
  | Schemas["LogEvent"];

/** [step, value] pairs by metric key, rising step. */
export type MetricRows = Record<string, [number, number | null][]>;

/** RunView.detail of a user_code_error: where the learner's code failed, and with what. */
export interface CodeFailure {
  line?: number | null;
  file?: string | null;
  step?: number | null;
  params?: Record<string, unknown> | null;
  type?: string | null;
}

/** out/evaluation.json of an evaluation. */
export interface Trial {
  completion_percentage: number;
  lap_times_s: number[];
  off_track_count: number;
  crash_count: number;
  reset_count: number;
  penalty_s: number;
  status: string;
  time_s: number;
}

export interface EvaluationReport {
  trials: Trial[];
  completion_rate: number;
  interval: [number, number];
  best_lap_s: number | null;
  median_lap_s: number | null;
  n: number;
  seed: number;
  track: string;
  checkpoint: string;
}

/** out/replay.json of an evaluation. */
export interface ReplayTrial {
  x: number[];
  y: number[];
  yaw: number[];
  speed: number[];
  steer: number[];
  progress: number[];
  reward: number[];
}

export interface ReplayData {
  dt_s: number;
  track: string;
  trials: ReplayTrial[];
}
