/**
 * The cars of one moment, and where they come from.
 * A frame holds eight numbers a car in the order of the live snapshot, so that live view and replay draw alike.
 */

export const FIELDS = 8;
export const X = 0;
export const Y = 1;
export const YAW_RAD = 2;
export const SPEED_MPS = 3;
export const STEER_DEG = 4;
export const PROGRESS_PCT = 5;
export const REWARD = 6;
export const FLAG = 7;

export const FLAG_IDLE = 0;
export const FLAG_DRIVING = 1;
export const FLAG_OFF_TRACK = 2;
export const FLAG_LAP_COMPLETE = 3;

export interface FleetFrame {
  count: number;
  cars: Float32Array; // (count, 8)
  /** Cars from this index on are ghosts: drawn pale, never picked. Equal to count where there are none. */
  firstGhost: number;
  /** More movement is to come without any new data, so the next frame should be drawn too. */
  moving: boolean;
}

/** Whatever tells a scene where the cars are: the live run or a replay. */
export interface PoseSource {
  sample(nowMs: number): FleetFrame;
  /** Calls back when there is something new to draw; returns the function that ends it. */
  subscribe(listener: () => void): () => void;
}

export function emptyFrame(capacity = 0): FleetFrame {
  return { count: 0, cars: new Float32Array(capacity * FIELDS), firstGhost: 0, moving: false };
}

/** Makes room for `count` cars, keeping the array where it is large enough. */
export function resizeFrame(frame: FleetFrame, count: number): void {
  if (frame.cars.length < count * FIELDS) frame.cars = new Float32Array(count * FIELDS);
  frame.count = count;
  frame.firstGhost = count;
}
