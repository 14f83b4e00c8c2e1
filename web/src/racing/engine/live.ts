/**
 * The live view of a run: reads the studio's WebSocket, parses its snapshots, and gives smooth poses from them.
 * It connects again by itself, and a picture that doesn't come is told as a state, never as an error.
 */
import type { FleetFrame, PoseSource } from "./fleet";
import { Glide } from "./glide";
import { parseSnapshot, type Snapshot } from "./snapshot";

/** connecting: first try; waiting: connected, nothing sent yet; offline: cut off, trying again; closed: the end. */
export type LiveState = "connecting" | "waiting" | "live" | "offline" | "closed";

/** What LiveSource needs of a WebSocket. */
export interface Socket {
  binaryType: string;
  readyState: number;
  onopen: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  send(text: string): void;
  close(): void;
}

export interface LiveOptions {
  url?: string;
  openSocket?: (url: string) => Socket;
  nowMs?: () => number;
}

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 8000;
const OPEN = 1;

export class LiveSource implements PoseSource {
  state: LiveState = "connecting";
  private readonly url: string;
  private readonly openSocket: (url: string) => Socket;
  private readonly nowMs: () => number;
  private readonly listeners = new Set<() => void>();
  private readonly glide = new Glide();
  private socket: Socket | null = null;
  private retryMs = FIRST_RETRY_MS;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private wantedFocus: number | null = null;

  constructor(runId: string, options: LiveOptions = {}) {
    this.url = options.url ?? liveUrl(runId);
    this.openSocket = options.openSocket ?? ((url) => new WebSocket(url));
    this.nowMs = options.nowMs ?? (() => performance.now());
  }

  /** The newest snapshot as it came: phase, iteration, steps a second, camera picture. */
  get snapshot(): Snapshot | null {
    return this.glide.newest;
  }

  get focusCar(): number {
    return this.wantedFocus ?? this.snapshot?.focusCar ?? 0;
  }

  connect(): void {
    if (this.socket) return;
    const socket = this.openSocket(this.url);
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.become(this.snapshot ? this.state : "waiting");
      this.sendFocus();
    };
    socket.onmessage = (event) => {
      if (event.data instanceof ArrayBuffer) this.receive(event.data);
    };
    socket.onclose = (event) => {
      this.socket = null;
      this.lost(event.code);
    };
  }

  /** Ends the connection for good. */
  close(): void {
    clearTimeout(this.retryTimer);
    const socket = this.socket;
    this.socket = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
    this.become("closed");
    this.listeners.clear();
  }

  /** Asks the run to send this car's camera picture. */
  focus(car: number): void {
    this.wantedFocus = car;
    this.sendFocus();
    this.notify();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  sample(nowMs: number): FleetFrame {
    return this.glide.sample(nowMs);
  }

  private receive(buffer: ArrayBuffer): void {
    const snapshot = parseSnapshot(buffer);
    if (!snapshot || snapshot.seq === this.snapshot?.seq) return;
    this.glide.push(snapshot, this.nowMs());
    if (this.wantedFocus !== null && snapshot.focusCar === this.wantedFocus) this.wantedFocus = null;
    this.retryMs = FIRST_RETRY_MS;
    this.become("live");
  }

  private lost(code: number): void {
    // 1008 and 4xxx: the studio said that there is no such run or no permission; asking again would not help.
    const refused = code === 1008 || (code >= 4000 && code < 5000);
    if (refused || this.snapshot?.phase === "finished") {
      this.become("closed");
      return;
    }
    this.become("offline");
    this.retryTimer = setTimeout(() => this.connect(), this.retryMs);
    this.retryMs = Math.min(this.retryMs * 2, LONGEST_RETRY_MS);
  }

  private sendFocus(): void {
    if (this.wantedFocus === null || this.socket?.readyState !== OPEN) return;
    this.socket.send(JSON.stringify({ focus_car: this.wantedFocus }));
  }

  private become(state: LiveState): void {
    this.state = state;
    this.notify();
  }

  private notify(): void {
    for (const listener of this.listeners) listener();
  }
}

function liveUrl(runId: string): string {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  return `${scheme}://${location.host}/api/v1/runs/${encodeURIComponent(runId)}/live`;
}
