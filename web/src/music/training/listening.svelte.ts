// Hearing a piece without opening it: one at a time, wherever on the pages it stands.
import { type Composition, type Score, scoreEnd, scoreOf } from "../engine/document";
import { Scheduler } from "../engine/scheduler";
import { band } from "../sound/band.svelte";

const PUMP_MS = 25;

class Listening {
  /** What sounds now; empty in silence. */
  key = $state("");
  /** What is waiting for its instruments. */
  waiting = $state("");
  head = $state(0);
  private readonly scheduler = new Scheduler(band.now, band);
  private timer: ReturnType<typeof setInterval> | undefined;

  /** Has to be called from a press: browsers let no page make a sound before one. */
  async toggle(key: string, composition: Composition): Promise<void> {
    const again = this.key === key;
    this.stop();
    if (again || this.waiting === key) {
      this.waiting = "";
      return;
    }
    this.waiting = key;
    await band.resume();
    if (this.waiting !== key) return;
    this.waiting = "";
    if (band.state === "ready") this.begin(key, scoreOf(composition));
  }

  private begin(key: string, score: Score): void {
    band.follow(score);
    band.openGate();
    this.scheduler.start(score, 0, { loop: null, metronome: false, countIn: 0, until: scoreEnd(score) });
    this.key = key;
    this.timer = setInterval(() => {
      if (!this.scheduler.pump()) return this.stop();
      this.head = Math.max(0, this.scheduler.tickAt(band.now() - band.latencyS));
    }, PUMP_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    if (this.key) this.scheduler.stop();
    this.key = "";
    this.head = 0;
  }

  /** When a page is left: no sound of it goes on. */
  leave(): void {
    this.waiting = "";
    this.stop();
    band.rest();
  }
}

export const listening = new Listening();
