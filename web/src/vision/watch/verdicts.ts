// What the frames of a browser's camera or film agree on, as the studio does it for its own sources: the last five vote,
// three in five must agree, and at least three must have been seen. Pure but for what it has seen.
import type { Look } from "@/api/looking";
import type { Verdict } from "@/api/vision";
import type { SeenEvent } from "@/api/watch";

const [FRAMES, SHARE, LEAST] = [5, 0.6, 3];
type Settled = NonNullable<SeenEvent["settled"]>;

export class Votes {
  private last: (string | null)[] = [];
  private now: { label: string | null; since: number } | null = null;

  see(label: string | null, time: number): Settled | null {
    this.last = [...this.last, label].slice(-FRAMES);
    const counts = new Map<string | null, number>();
    for (const one of this.last) counts.set(one, (counts.get(one) ?? 0) + 1);
    const [winner, count] = [...counts].reduce((best, one) => (one[1] > best[1] ? one : best));
    const share = count / this.last.length;
    const agreed = this.last.length >= LEAST && share >= SHARE - 1e-9;
    const isNew = agreed && (this.now === null || this.now.label !== winner);
    if (isNew) this.now = { label: winner, since: time };
    if (!this.now) return null;
    const agreeing = this.last.filter((one) => one === this.now?.label).length;
    return {
      label: this.now.label,
      share: agreeing / this.last.length,
      frames: agreeing || 1,
      since: this.now.since,
      new: isNew,
    };
  }
}

export interface Frame {
  number: number;
  time: number;
  width: number;
  height: number;
  latencyMs: number;
}

export interface About {
  project: string;
  source: string;
  /** Whether the model says where things are. */
  places?: boolean;
}

/** The event that the studio itself would have made of this frame. */
export function eventOf(verdict: Verdict, frame: Frame, about: About, votes: Votes): SeenEvent {
  const label = verdict.known === false ? null : verdict.predicted;
  return {
    ...seenOn(frame, about),
    task: "classification",
    label,
    confidence: verdict.confidence,
    top: verdict.top.map(({ label: name, probability }) => ({ label: name, probability })),
    settled: votes.see(label, frame.time),
  };
}

/** The same of boxes or masks. */
export function eventOfLook(look: Look, frame: Frame, about: About, votes: Votes): SeenEvent {
  const { label, confidence, top, boxes, masks } = look;
  const task = masks ? "segmentation" : "detection";
  return {
    ...seenOn(frame, about),
    task,
    label,
    confidence,
    top,
    boxes,
    masks,
    settled: votes.see(label, frame.time),
  };
}

function seenOn(frame: Frame, about: About) {
  return {
    kind: "seen" as const,
    time: frame.time,
    frame: frame.number,
    source: about.source,
    width: frame.width,
    height: frame.height,
    device: "page",
    project: about.project,
    model: "page",
    latency_ms: frame.latencyMs,
  };
}
