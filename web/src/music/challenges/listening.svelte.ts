// One pair of ears for a page with many pieces: to play one is to stop the other.
import { tick } from "svelte";
import type { Composition } from "@/api/music";
import { toasts } from "@/core/ui/toasts.svelte";
import { compositionOf, emptyScore, type Score, scoreEnd, scoreOf } from "../engine/document";
import { band } from "../sound/band.svelte";
import { Studio } from "../studio.svelte";
import { Transport } from "../transport.svelte";

/** Made while a component is set up, like the transport that it holds; `dispose` when that goes. */
export class Listening {
  /** What was asked for last; it sounds while `playing`. */
  chosen = $state("");
  private score = $state.raw<Score>(emptyScore());
  private readonly transport = new Transport(new Studio(compositionOf(emptyScore())));

  get ready(): boolean {
    return band.state === "ready";
  }

  isPlaying(name: string): boolean {
    return this.transport.playing && this.chosen === name;
  }

  /** How far that piece is, 0 to 1. */
  share(name: string): number {
    if (!this.isPlaying(name)) return 0;
    return Math.min(1, this.transport.head / Math.max(1, scoreEnd(this.score)));
  }

  async play(name: string, load: () => Promise<Composition>): Promise<void> {
    this.stop();
    this.chosen = name;
    try {
      const piece = await load();
      if (this.chosen !== name) return;
      this.score = scoreOf(piece);
      this.transport.hearInstead(this.score);
      await tick(); // the instruments take their seats in an effect
      this.transport.head = 0;
      await this.transport.play();
    } catch (thrown) {
      toasts.error(thrown);
    }
  }

  stop(): void {
    this.chosen = "";
    if (this.transport.playing) this.transport.stop();
  }

  dispose(): void {
    this.transport.dispose();
  }
}
