// The car's actions: the table that the builder makes, and where each lies on the polar plot. Pure functions.
// The rule is that of CarConfig.action_table in config.py; actions.test.ts holds both to the same examples.

export interface Action {
  steering_angle: number;
  speed: number;
}

export interface CarConfig {
  action_space_type: "discrete" | "continuous";
  steering_max_deg: number;
  steering_count: number;
  speed_max_mps: number;
  speed_min_mps: number;
  speed_count: number;
  actions: Action[] | null;
  network: string;
}

export const MIN_SPEED_MPS = 0.1;
export const MAX_SPEED_MPS = 4;
export const MAX_STEER_DEG = 30;
export const MIN_ACTIONS = 2;
export const MAX_ACTIONS = 30;

const round6 = (value: number) => Math.round(value * 1e6) / 1e6;

/** Angles evenly from right to left, speeds max/n, 2 max/n, ..., max; speed changes fastest. */
export function actionTable(car: CarConfig): Action[] {
  if (car.actions) return car.actions;
  const { steering_count: n, speed_count: m } = car;
  const angles =
    n === 1 ? [0] : Array.from({ length: n }, (_, i) => car.steering_max_deg * ((2 * i) / (n - 1) - 1));
  const speeds = Array.from({ length: m }, (_, j) => (car.speed_max_mps * (j + 1)) / m);
  return angles.flatMap((angle) =>
    speeds.map((speed) => ({
      steering_angle: round6(angle) + 0,
      speed: Math.max(MIN_SPEED_MPS, round6(speed)),
    })),
  );
}

/** What is wrong with the car, as a sentence, or null. */
export function carProblem(car: CarConfig): string | null {
  if (car.action_space_type === "continuous") {
    return car.speed_min_mps < car.speed_max_mps
      ? null
      : "The minimum speed must be below the maximum speed.";
  }
  const table = actionTable(car);
  if (table.length < MIN_ACTIONS) return "A car needs at least 2 actions. Add an angle or a speed.";
  if (table.length > MAX_ACTIONS)
    return `That makes ${table.length} actions; 30 are allowed. Take fewer angles or speeds.`;
  const bad = table.findIndex((action) => actionProblem(action) !== null);
  const first = table[bad];
  return first ? `Action ${bad}: ${actionProblem(first)}` : null;
}

export function actionProblem(action: Action): string | null {
  const { steering_angle: angle, speed } = action;
  if (!Number.isFinite(angle) || Math.abs(angle) > MAX_STEER_DEG)
    return "The angle lies between -30 and 30 degrees.";
  if (!Number.isFinite(speed) || speed < MIN_SPEED_MPS || speed > MAX_SPEED_MPS) {
    return "The speed lies between 0.1 and 4 m/s.";
  }
  return null;
}

/** Straight ahead is up and left is left; the radius is the speed. Wide steering is stretched to be readable. */
export const STRETCH = 2.4;

export function polar(action: Action, radius: number, topSpeed: number): { x: number; y: number } {
  const angle = (action.steering_angle * STRETCH * Math.PI) / 180;
  const r = (action.speed / topSpeed) * radius;
  return { x: -Math.sin(angle) * r, y: -Math.cos(angle) * r };
}

/** "right 15°", "straight", "left 30°". */
export function steeringText(angle: number): string {
  if (Math.abs(angle) < 1e-6) return "straight";
  return `${angle > 0 ? "left" : "right"} ${Math.round(Math.abs(angle) * 10) / 10}°`;
}

/** SVG path of the sector that a continuous action space covers. */
export function sectorPath(car: CarConfig, radius: number, topSpeed: number): string {
  const inner = (car.speed_min_mps / topSpeed) * radius;
  const outer = (car.speed_max_mps / topSpeed) * radius;
  const at = (angle: number, r: number) => {
    const rad = (angle * STRETCH * Math.PI) / 180;
    return `${(-Math.sin(rad) * r).toFixed(2)} ${(-Math.cos(rad) * r).toFixed(2)}`;
  };
  const a = car.steering_max_deg;
  const large = 2 * a * STRETCH > 180 ? 1 : 0;
  return `M${at(a, outer)}A${outer} ${outer} 0 ${large} 1 ${at(-a, outer)}L${at(-a, inner)}A${inner} ${inner} 0 ${large} 0 ${at(a, inner)}Z`;
}
