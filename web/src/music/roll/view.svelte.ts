// Where the roll looks: scroll and zoom in time and pitch, kept within the piece.

import { end, type RollNote, type Score, scoreEnd, TICKS_PER_QUARTER } from "../engine/document";
import { gridHeight, type Layout } from "../engine/scene";
import { KEYS, KeyTransform, TickTransform } from "../engine/transform";

const BAR = TICKS_PER_QUARTER * 4;

/** From the lowest to the highest pitch, and the last tick. */
export interface Reach {
  low: number;
  high: number;
  last: number;
}

export function grown(reach: Reach, notes: readonly RollNote[]): Reach {
  const { low, high, last } = reach;
  return notes.reduce(
    (so, note) => ({
      low: Math.min(so.low, note.pitch),
      high: Math.max(so.high, note.pitch),
      last: Math.max(so.last, end(note)),
    }),
    { low, high, last },
  );
}

export class View {
  ticks = $state.raw(new TickTransform(0.12, 0));
  keys = $state.raw(new KeyTransform(16, KEYS - 84));
  width = $state(0);
  height = $state(0);

  layout = $derived<Layout>({
    width: this.width,
    height: this.height,
    keys: this.width < 560 ? 44 : 60,
    ruler: 26,
    lane: this.height < 340 ? 52 : 78,
  });

  get gridWidth(): number {
    return Math.max(1, this.layout.width - this.layout.keys);
  }

  get gridHeight(): number {
    return Math.max(1, gridHeight(this.layout));
  }

  scrollBy(x: number, y: number, last: number): void {
    // There is always room to write on: four bars after the last note, and more as one goes there.
    const most = Math.max(last + 4 * BAR, this.ticks.scroll);
    const scroll = Math.min(most, Math.max(0, this.ticks.scroll + x / this.ticks.pixelsPerTick));
    this.ticks = new TickTransform(this.ticks.pixelsPerTick, scroll);
    this.keys = new KeyTransform(this.keys.keyHeight, this.keys.scroll + y / this.keys.keyHeight).clamped(
      this.gridHeight,
    );
  }

  zoomTime(factor: number, x = this.gridWidth / 2): void {
    this.ticks = this.ticks.zoomed(factor, x);
  }

  zoomPitch(factor: number, y = this.gridHeight / 2): void {
    this.keys = this.keys.zoomed(factor, y, this.gridHeight);
  }

  /** The whole piece in sight, as far as that is readable. */
  fit(score: Score): void {
    const notes = score.tracks.flatMap((track) => track.notes);
    const last = Math.max(scoreEnd(score), 4 * BAR);
    const scale = Math.min(0.4, Math.max(0.012, this.gridWidth / (last * 1.02)));
    this.ticks = new TickTransform(scale, 0);
    let low = 127;
    let high = 0;
    for (const note of notes) {
      low = Math.min(low, note.pitch);
      high = Math.max(high, note.pitch);
    }
    const [from, to] = notes.length ? [low, high] : [55, 79];
    const tall = Math.min(20, Math.max(9, this.gridHeight / (to - from + 9)));
    const middle = KEYS - 1 - (from + to) / 2;
    this.keys = new KeyTransform(tall, middle + 0.5 - this.gridHeight / tall / 2).clamped(this.gridHeight);
  }

  /** Whether these pitches and ticks are in sight. */
  shows({ low, high, last }: Reach): boolean {
    const top = this.keys.pitch(0);
    const bottom = this.keys.pitch(this.gridHeight - 1);
    return low >= bottom && high <= top && this.ticks.x(last) <= this.gridWidth;
  }

  reveal(place: { tick: number; pitch?: number }): void {
    const x = this.ticks.x(place.tick);
    if (x < 0 || x > this.gridWidth - 40) {
      const scroll = Math.max(0, place.tick - this.gridWidth / this.ticks.pixelsPerTick / 3);
      this.ticks = new TickTransform(this.ticks.pixelsPerTick, scroll);
    }
    if (place.pitch === undefined) return;
    const y = this.keys.y(place.pitch);
    if (y < 0 || y > this.gridHeight - this.keys.keyHeight) {
      const rows = this.gridHeight / this.keys.keyHeight;
      this.keys = new KeyTransform(this.keys.keyHeight, KEYS - 1 - place.pitch - rows / 2).clamped(
        this.gridHeight,
      );
    }
  }

  revealNote(note: RollNote): void {
    this.reveal({ tick: note.onset, pitch: note.pitch });
  }

  /** Turns the page when the head runs out of sight. */
  follow(head: number): void {
    const x = this.ticks.x(head);
    if (x >= 0 && x <= this.gridWidth) return;
    this.ticks = new TickTransform(
      this.ticks.pixelsPerTick,
      Math.max(0, head - 20 / this.ticks.pixelsPerTick),
    );
  }
}
