/**
 * Replays a recorded evaluation in exact real time: play, pause, seek, slower and faster, one trial at a time with the
 * other trials as ghosts that started at the same moment.
 */
import {
  emptyFrame,
  FIELDS,
  FLAG,
  FLAG_DRIVING,
  type FleetFrame,
  type PoseSource,
  PROGRESS_PCT,
  REWARD,
  resizeFrame,
  SPEED_MPS,
  STEER_DEG,
  X,
  Y,
  YAW_RAD,
} from "./fleet";
import { at } from "./geometry";
import { blendPose, isTeleport } from "./pose";

/** One recorded trial, a number a step in each list. */
export interface ReplayTrial {
  x: readonly number[];
  y: readonly number[];
  yaw: readonly number[];
  speed: readonly number[];
  steer: readonly number[];
  progress: readonly number[];
  reward: readonly number[];
}

export interface ReplayData {
  dt_s: number;
  track: string;
  trials: readonly ReplayTrial[];
}

export const SPEEDS = [0.25, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4] as const;
/** A picture that took longer than this means that the page was asleep; the replay doesn't leap over that time. */
const LONGEST_FRAME_MS = 1000;

export class ReplaySource implements PoseSource {
  readonly dtS: number;
  private readonly rows: Float32Array[]; // one (steps, 8) array a trial
  private readonly listeners = new Set<() => void>();
  private readonly frame: FleetFrame = emptyFrame();
  private lastMs = Number.NaN;
  private state = { trial: 0, timeS: 0, speed: 1, playing: false, ghosts: true };

  constructor(data: ReplayData) {
    this.dtS = data.dt_s > 0 ? data.dt_s : 1 / 15;
    this.rows = data.trials.map(packTrial);
  }

  get trialCount(): number {
    return this.rows.length;
  }
  get trial(): number {
    return this.state.trial;
  }
  get timeS(): number {
    return this.state.timeS;
  }
  get speed(): number {
    return this.state.speed;
  }
  get playing(): boolean {
    return this.state.playing;
  }
  get ghosts(): boolean {
    return this.state.ghosts;
  }

  /** How long a trial lasts; the first row is its start. */
  durationOf(trial: number): number {
    return Math.max(this.stepsOf(trial) - 1, 0) * this.dtS;
  }

  get durationS(): number {
    return this.durationOf(this.state.trial);
  }

  stepsOf(trial: number): number {
    return (this.rows[trial]?.length ?? 0) / FIELDS;
  }

  play(): void {
    if (this.state.timeS >= this.durationS) this.state.timeS = 0;
    this.lastMs = Number.NaN;
    this.change({ playing: this.durationS > 0 });
  }

  pause(): void {
    this.change({ playing: false });
  }

  toggle(): void {
    if (this.state.playing) this.pause();
    else this.play();
  }

  seek(timeS: number): void {
    this.change({ timeS: Math.min(Math.max(timeS, 0), this.durationS) });
  }

  /** Moves by whole recorded steps and stops there. */
  step(steps: number): void {
    const k = Math.round(this.state.timeS / this.dtS) + steps;
    this.state.playing = false;
    this.seek(k * this.dtS);
  }

  setSpeed(speed: number): void {
    this.change({ speed: Math.min(Math.max(speed, 0.25), 4) });
  }

  choose(trial: number): void {
    if (trial < 0 || trial >= this.rows.length) return;
    this.state.trial = trial;
    this.seek(this.state.timeS);
  }

  showGhosts(ghosts: boolean): void {
    this.change({ ghosts });
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Moves the replay's clock on to `nowMs` and gives the cars at that time: the chosen trial first, then ghosts. */
  sample(nowMs: number): FleetFrame {
    this.advance(nowMs);
    const others = this.state.ghosts ? this.rows.map((_, k) => k).filter((k) => k !== this.state.trial) : [];
    const shown = this.rows.length > 0 ? [this.state.trial, ...others] : [];
    resizeFrame(this.frame, shown.length);
    this.frame.firstGhost = Math.min(1, shown.length);
    this.frame.moving = this.state.playing;
    shown.forEach((trial, car) => {
      this.poseOf(trial, this.state.timeS, car);
    });
    return this.frame;
  }

  /** The values of the chosen trial at the current time, for read-outs. */
  reading(): { speedMps: number; steerDeg: number; progressPct: number; reward: number; step: number } {
    const rows = this.rows[this.state.trial];
    const last = Math.max(this.stepsOf(this.state.trial) - 1, 0);
    const step = Math.min(Math.floor(this.state.timeS / this.dtS + 1e-6), last);
    const value = (field: number) => (rows && rows.length > 0 ? at(rows, step * FIELDS + field) : 0);
    return {
      speedMps: value(SPEED_MPS),
      steerDeg: value(STEER_DEG),
      progressPct: value(PROGRESS_PCT),
      reward: value(REWARD),
      step,
    };
  }

  private advance(nowMs: number): void {
    const elapsedMs = nowMs - this.lastMs;
    this.lastMs = nowMs;
    if (!this.state.playing || !(elapsedMs > 0)) return;
    this.state.timeS += (Math.min(elapsedMs, LONGEST_FRAME_MS) / 1000) * this.state.speed;
    if (this.state.timeS >= this.durationS) {
      this.state.timeS = this.durationS;
      this.state.playing = false;
    }
    this.notify();
  }

  private poseOf(trial: number, timeS: number, car: number): void {
    const rows = this.rows[trial];
    const steps = this.stepsOf(trial);
    if (!rows || steps === 0) return;
    const position = Math.min(timeS / this.dtS, steps - 1);
    const k = Math.min(Math.floor(position + 1e-6), steps - 1);
    const u = Math.max(position - k, 0);
    const from = rows.subarray(k * FIELDS, (k + 1) * FIELDS);
    const next = Math.min(k + 1, steps - 1);
    const to = rows.subarray(next * FIELDS, (next + 1) * FIELDS);
    blendPose(from, to, 0, isTeleport(from, to, 0, this.dtS) ? 0 : u, this.frame.cars, car);
  }

  private change(change: Partial<typeof this.state>): void {
    Object.assign(this.state, change);
    this.notify();
  }

  private notify(): void {
    for (const listener of this.listeners) listener();
  }
}

function packTrial(trial: ReplayTrial): Float32Array {
  const n = Math.min(trial.x.length, trial.y.length, trial.yaw.length);
  const rows = new Float32Array(n * FIELDS);
  for (let k = 0; k < n; k++) {
    const o = k * FIELDS;
    rows[o + X] = at(trial.x, k);
    rows[o + Y] = at(trial.y, k);
    rows[o + YAW_RAD] = at(trial.yaw, k);
    rows[o + SPEED_MPS] = trial.speed[k] ?? 0;
    rows[o + STEER_DEG] = trial.steer[k] ?? 0;
    rows[o + PROGRESS_PCT] = trial.progress[k] ?? 0;
    rows[o + REWARD] = trial.reward[k] ?? 0;
    rows[o + FLAG] = FLAG_DRIVING;
  }
  return rows;
}
