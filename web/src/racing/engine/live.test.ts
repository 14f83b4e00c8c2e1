import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FLAG, FLAG_DRIVING, FLAG_OFF_TRACK, X, Y, YAW_RAD } from "./fleet";
import { Glide } from "./glide";
import { LiveSource, type Socket } from "./live";
import { parseSnapshot, type Snapshot } from "./snapshot";
import { type SampleSnapshot, snapshotBuffer } from "./snapshotBuffer";

const car = (x: number, y = 0, yaw = 0, flag = FLAG_DRIVING, progress = x) => [
  x,
  y,
  yaw,
  1,
  0,
  progress,
  0,
  flag,
];

function parsed(sample: SampleSnapshot): Snapshot {
  const snapshot = parseSnapshot(snapshotBuffer(sample));
  if (!snapshot) throw new Error("the sample is no snapshot");
  return snapshot;
}

describe("a snapshot", () => {
  const full = {
    seq: 8,
    simTimeS: 12.5,
    iteration: 3,
    phase: 2,
    totalSteps: 4000,
    focusCar: 1,
    stepsPerS: 1500.5,
    cars: [car(1), car(2, 3, 0.5)],
    camera: { width: 4, height: 3, grey: 77 },
  };

  it("is read field by field", () => {
    const snapshot = parsed(full);
    expect(snapshot).toMatchObject({
      seq: 8,
      simTimeS: 12.5,
      iteration: 3,
      phase: "evaluating",
      totalSteps: 4000,
    });
    expect(snapshot).toMatchObject({
      focusCar: 1,
      stepsPerS: 1500.5,
      count: 2,
      cameraWidth: 4,
      cameraHeight: 3,
    });
    expect([...snapshot.cars.slice(8, 11)]).toEqual([2, 3, 0.5]);
    expect([...snapshot.camera]).toEqual(Array(12).fill(77));
  });

  it("is refused when cut short, half-written, or of another kind", () => {
    const buffer = snapshotBuffer(full);
    expect(parseSnapshot(buffer.slice(0, 40))).toBeNull();
    expect(parseSnapshot(buffer.slice(0, -1))).toBeNull();
    expect(parseSnapshot(snapshotBuffer({ ...full, seq: 9 }))).toBeNull();
    new DataView(buffer).setUint32(4, 2, true);
    expect(parseSnapshot(buffer)).toBeNull();
  });
});

describe("gliding between snapshots", () => {
  /** Ten snapshots 50 ms apart, then the car's place at a time when one lies well on both sides. */
  function placeAt(nowMs: number, cars: (k: number) => number[]) {
    const glide = new Glide();
    for (let k = 0; k < 10; k++)
      glide.push(parsed({ seq: 2 * k, simTimeS: 0.05 * k, cars: [cars(k)] }), 50 * k);
    return glide.sample(nowMs).cars;
  }

  it("moves a car evenly although pictures come between snapshots", () => {
    const drive = (k: number) => car(0.1 * k);
    const xs = [400, 410, 420, 430].map((nowMs) => placeAt(nowMs, drive)[X] ?? 0);
    for (let k = 1; k < xs.length; k++) expect((xs[k] ?? 0) - (xs[k - 1] ?? 0)).toBeCloseTo(0.02, 3);
  });

  it("turns the short way past half a turn", () => {
    const yaw = placeAt(410, (k) => car(0.01 * k, 0, k % 2 ? 3.1 : -3.1))[YAW_RAD] ?? 0;
    expect(Math.abs(yaw)).toBeGreaterThan(3.09);
  });

  it("follows a bend and doesn't cut it", () => {
    const on = (k: number) => {
      const angle = 0.6 * k;
      return car(Math.cos(angle), Math.sin(angle), angle + Math.PI / 2, FLAG_DRIVING, k);
    };
    const cars = placeAt(410, on);
    expect(Math.hypot(cars[X] ?? 0, cars[Y] ?? 0)).toBeCloseTo(1, 1.5);
    const chordMiddle = Math.cos(0.3);
    expect(Math.hypot(cars[X] ?? 0, cars[Y] ?? 0)).toBeGreaterThan(chordMiddle + 0.02);
  });

  it("never draws a car between the end of an episode and the next start", () => {
    const glide = new Glide();
    const rows = [car(5, 0, 0, FLAG_OFF_TRACK, 50), car(5.4, 0, 0, FLAG_DRIVING, 1)];
    glide.push(parsed({ seq: 2, cars: [rows[0] ?? []] }), 0);
    glide.push(parsed({ seq: 4, simTimeS: 0.05, cars: [rows[1] ?? []] }), 50);
    for (let nowMs = 50; nowMs < 200; nowMs += 5) {
      const { cars } = glide.sample(nowMs);
      expect([5, Math.fround(5.4)]).toContain(cars[X]);
      expect(cars[FLAG]).toBe(cars[X] === 5 ? FLAG_OFF_TRACK : FLAG_DRIVING);
    }
    expect(glide.sample(300).cars[X]).toBeCloseTo(5.4);
  });

  it("rests when everything known has been shown, and starts gently after a pause", () => {
    const glide = new Glide();
    for (let k = 0; k < 10; k++)
      glide.push(parsed({ seq: 2 * k, simTimeS: 0.05 * k, cars: [car(0.1 * k)] }), 50 * k);
    expect(glide.sample(1000).moving).toBe(false);
    glide.push(parsed({ seq: 40, simTimeS: 0.5, cars: [car(1)] }), 3000);
    const frame = glide.sample(3001);
    expect(frame.moving).toBe(true);
    expect(frame.cars[X]).toBeCloseTo(0.9, 1);
    expect(frame.cars[X]).toBeLessThan(0.95);
  });

  it("takes a change in the number of cars as it is", () => {
    const glide = new Glide();
    glide.push(parsed({ seq: 2, cars: [car(0), car(1), car(2)] }), 0);
    glide.push(parsed({ seq: 4, cars: [car(0)] }), 50);
    expect(glide.sample(60).count).toBe(3);
    expect(glide.sample(500).count).toBe(1);
  });
});

class LineSocket implements Socket {
  binaryType = "";
  readyState = 0;
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  readonly sent: string[] = [];
  closed = false;
  send(text: string) {
    this.sent.push(text);
  }
  close() {
    this.closed = true;
  }
  open() {
    this.readyState = 1;
    this.onopen?.({} as Event);
  }
  say(buffer: ArrayBuffer) {
    this.onmessage?.({ data: buffer } as MessageEvent);
  }
  drop(code = 1006) {
    this.onclose?.({ code } as CloseEvent);
  }
}

describe("the live source", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  function started() {
    const sockets: LineSocket[] = [];
    const openSocket = () => {
      const socket = new LineSocket();
      sockets.push(socket);
      return socket;
    };
    const source = new LiveSource("run", { url: "ws://studio/live", openSocket, nowMs: () => 0 });
    source.connect();
    return { source, sockets, first: sockets[0] as LineSocket };
  }

  it("tells how far the connection is and what the run does", () => {
    const { source, first } = started();
    expect(source.state).toBe("connecting");
    first.open();
    expect(source.state).toBe("waiting");
    first.say(snapshotBuffer({ seq: 2, iteration: 7, phase: 1, cars: [car(0)] }));
    expect(source.state).toBe("live");
    expect(source.snapshot).toMatchObject({ iteration: 7, phase: "updating" });
  });

  it("connects again after a cut, more slowly each time, and stops when closed", () => {
    const { source, sockets, first } = started();
    first.open();
    first.drop();
    expect(source.state).toBe("offline");
    vi.advanceTimersByTime(500);
    expect(sockets).toHaveLength(2);
    sockets[1]?.drop();
    vi.advanceTimersByTime(500);
    expect(sockets).toHaveLength(2);
    vi.advanceTimersByTime(500);
    expect(sockets).toHaveLength(3);
    source.close();
    expect(sockets[2]?.closed).toBe(true);
    vi.advanceTimersByTime(60_000);
    expect(sockets).toHaveLength(3);
  });

  it("does not ask again after the run's end or a refusal", () => {
    const finished = started();
    finished.first.say(snapshotBuffer({ seq: 2, phase: 3, cars: [car(0)] }));
    finished.first.drop(1000);
    expect(finished.source.state).toBe("closed");
    const refused = started();
    refused.first.drop(4404);
    vi.advanceTimersByTime(60_000);
    expect(refused.sockets).toHaveLength(1);
  });

  it("asks for another focus car, also once the connection is back", () => {
    const { source, sockets, first } = started();
    source.focus(4);
    first.open();
    expect(first.sent).toEqual(['{"focus_car":4}']);
    expect(source.focusCar).toBe(4);
    first.drop();
    vi.advanceTimersByTime(500);
    sockets[1]?.open();
    expect(sockets[1]?.sent).toEqual(['{"focus_car":4}']);
    sockets[1]?.say(snapshotBuffer({ seq: 2, focusCar: 4, cars: Array(6).fill(car(0)) }));
    expect(source.focusCar).toBe(4);
  });
});
