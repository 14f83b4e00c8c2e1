// An evaluation's numbers as the rows and sentences a person reads. Pure functions.
import type { EvaluationReport, Trial } from "@/api/types";
import { lapTime, percent } from "@/core/format";

export interface TrialRow {
  trial: number;
  /** MM:SS.mmm of the trial; the fastest lap where there are several. */
  time: string;
  laps: string;
  completed: string;
  status: string;
  ok: boolean;
  offTracks: number;
  penalty: string;
  crashes: number;
  resets: number;
}

const STATUS: Record<string, string> = {
  lap_complete: "lap complete",
  complete: "lap complete",
  off_track: "left the track",
  crashed: "crashed",
  immobilized: "stood still",
  immobilised: "stood still",
  reversed: "drove backwards",
  time_up: "time was up",
  time_limit: "time was up",
  step_limit: "time was up",
};

export function statusText(status: string): string {
  const key = status.toLowerCase().replaceAll(/[\s-]+/g, "_");
  return STATUS[key] ?? key.replaceAll("_", " ");
}

export function trialRow(trial: Trial, index: number): TrialRow {
  const laps = trial.lap_times_s;
  return {
    trial: index + 1,
    time: lapTime(laps.length > 0 ? laps.reduce((sum, lap) => sum + lap, 0) : trial.time_s),
    laps: laps.length > 1 ? laps.map(lapTime).join(", ") : "",
    completed: percent(trial.completion_percentage, trial.completion_percentage >= 99.95 ? 0 : 1),
    status: statusText(trial.status),
    ok: laps.length > 0,
    offTracks: trial.off_track_count,
    penalty: `${trial.penalty_s.toFixed(1)} s`,
    crashes: trial.crash_count,
    resets: trial.reset_count,
  };
}

/** "4 of 5 trials completed a lap. With so few trials the true rate lies between 38 and 96 %." */
export function verdict(report: EvaluationReport): string {
  const done = Math.round(report.completion_rate * report.n);
  const [low, high] = report.interval.map((share) => Math.round(share * 100)) as [number, number];
  const trials = report.n === 1 ? "trial" : "trials";
  return `${done} of ${report.n} ${trials} completed. With this many trials, the true rate probably lies between ${low} and ${high} %.`;
}
