// Keys pressed and let go, in the ticks of a running score, become notes. The rhythm is kept as it was played;
// `quantise` may draw it to the grid afterwards, as much as the player wants.
import type { Note } from "./document";

export class Recorder {
  readonly notes: Note[] = [];
  private readonly held = new Map<number, { onset: number; velocity: number }>();

  press(pitch: number, velocity: number, tick: number): void {
    if (this.held.has(pitch)) this.release(pitch, tick);
    this.held.set(pitch, { onset: Math.max(0, Math.round(tick)), velocity });
  }

  /** Where the loop turned round meanwhile, the note lasts to the loop's end. */
  release(pitch: number, tick: number, loopEnd?: number): void {
    const key = this.held.get(pitch);
    if (!key) return;
    this.held.delete(pitch);
    const until = tick >= key.onset ? tick : (loopEnd ?? key.onset);
    this.notes.push({
      onset: key.onset,
      length: Math.max(1, Math.round(until) - key.onset),
      pitch,
      velocity: key.velocity,
    });
  }

  /** Ends what is still held, and gives all notes. */
  finish(tick: number, loopEnd?: number): Note[] {
    for (const pitch of [...this.held.keys()]) this.release(pitch, tick, loopEnd);
    return this.notes.sort((a, b) => a.onset - b.onset || a.pitch - b.pitch);
  }
}
