// What a watched source has shown: its newest picture and event, how fast it goes, the moments at which something
// settled (with their pictures, so that one can say that it was wrong), and the events of late, to try rules on.
import type { SeenEvent } from "@/api/watch";

const [RECENT, MOMENTS, EVENTS, SETTLED] = [40, 40, 900, 200];

export interface Moment {
  key: number;
  time: number;
  /** What happened: the class that settled, null where the model does not know it; or a sentence. */
  kind: "settled" | "rule" | "source" | "note";
  label: string | null;
  /** Its place in a film. */
  placeS?: number | null;
  text: string;
  picture: Blob | null;
  /** The picture for an <img>; given back when the moment goes. */
  url: string;
  given: string | null;
}

/** Something that settled, as the studio keeps it. */
export interface SettledNews {
  time: number;
  frame: number;
  label: string | null;
  time_s: number | null;
}

export class Seen {
  event = $state.raw<SeenEvent | null>(null);
  picture = $state.raw<ImageBitmap | null>(null);
  moments = $state.raw<Moment[]>([]);
  framesPerS = $state<number | null>(null);
  latencyMs = $state<number | null>(null);
  events: SeenEvent[] = [];
  private arrivals: number[] = [];
  private settledFrames: number[] = [];
  private next = 1;

  /** A frame that was judged, with the picture that it was judged on. */
  see(event: SeenEvent, bitmap: ImageBitmap | null, jpeg: Blob | null, nowMs = performance.now()): void {
    this.event = event;
    if (bitmap) {
      this.picture?.close();
      this.picture = bitmap;
    }
    this.events = [...this.events.slice(-(EVENTS - 1)), event];
    this.arrivals = [...this.arrivals.slice(-(RECENT - 1)), nowMs];
    const span = nowMs - (this.arrivals[0] ?? nowMs);
    this.framesPerS = span > 0 ? (1000 * (this.arrivals.length - 1)) / span : null;
    this.latencyMs = median(this.events.slice(-RECENT).map((one) => one.latency_ms));
    if (event.settled?.new)
      this.settled(
        {
          time: event.time,
          frame: event.frame,
          label: event.settled.label,
          time_s: event.time_s ?? null,
        },
        jpeg,
      );
  }

  /** Something settled; told once, however often it is heard of. */
  settled(news: SettledNews, picture: Blob | null = null): void {
    if (this.settledFrames.includes(news.frame)) return;
    this.settledFrames = [...this.settledFrames.slice(-(SETTLED - 1)), news.frame];
    const { label, time, time_s: placeS } = news;
    this.add({ kind: "settled", label, placeS, text: label ?? "Something it doesn't know", picture, time });
  }

  add(moment: Omit<Moment, "key" | "url" | "given">): void {
    const url = moment.picture ? URL.createObjectURL(moment.picture) : "";
    const all = [{ ...moment, key: this.next++, url, given: null }, ...this.moments].sort(
      (a, b) => b.time - a.time,
    );
    for (const old of all.slice(MOMENTS)) URL.revokeObjectURL(old.url);
    this.moments = all.slice(0, MOMENTS);
  }

  give(key: number, label: string | null): void {
    this.moments = this.moments.map((one) => (one.key === key ? { ...one, given: label } : one));
  }

  clear(): void {
    for (const one of this.moments) URL.revokeObjectURL(one.url);
    this.picture?.close();
    [this.event, this.picture, this.moments, this.events, this.arrivals] = [null, null, [], [], []];
    this.settledFrames = [];
    [this.framesPerS, this.latencyMs] = [null, null];
  }
}

function median(values: number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}
