// The lane of velocities below the roll: a bar with a head for each note.

import type { RollNote } from "./document";
import type { Brush } from "./pixels";
import { colourOf, type Layout, type Scene } from "./scene";
import { eachBetween } from "./visible";

const MOST_BARS = 200; // drawn one by one

export function drawLane(pen: CanvasRenderingContext2D, scene: Scene): void {
  const { layout, palette, score } = scene;
  pen.fillStyle = palette.background;
  pen.globalAlpha = 0.6;
  pen.fillRect(0, 0, layout.width, layout.lane);
  pen.globalAlpha = 1;
  pen.fillStyle = palette.barLine;
  pen.fillRect(0, 0, layout.width, 1);
  const index = score.tracks.findIndex((track) => track.id === scene.track);
  const track = score.tracks[index];
  if (!track) return;
  const { plain, chosen } = tallest(track.notes, scene);
  const many = plain.size + chosen.size > MOST_BARS ? scene.crowd : null;
  many?.lane.begin(layout.width - layout.keys, layout.lane, many.ratio);
  const brush: Brush = many?.lane ?? pen;
  brush.fillStyle = colourOf(palette, index);
  plain.forEach((tall, x) => {
    handle(brush, layout, x, tall);
  });
  brush.fillStyle = palette.strong;
  chosen.forEach((tall, x) => {
    handle(brush, layout, x, tall);
  });
  many?.lane.onto(pen);
}

/** A bar with a head to take hold of. */
function handle(brush: Brush, { lane }: Layout, x: number, tall: number): void {
  brush.fillRect(x, lane - tall, 3, tall);
  brush.fillRect(x - 1, lane - tall, 5, 3);
}

/** The height of the tallest bar in each column of pixels, of notes that are selected and of the others: what stands
    behind it can't be seen, and however many notes are in sight, no more is drawn than there is room for. */
function tallest(notes: readonly RollNote[], { layout, ticks, selection }: Scene) {
  const plain = new Map<number, number>();
  const chosen = new Map<number, number>();
  const room = layout.lane - 6;
  eachBetween(notes, ticks.tick(-4), ticks.tick(layout.width), (note) => {
    const x = Math.round(ticks.x(note.onset));
    const columns = selection.has(note.id) ? chosen : plain;
    columns.set(x, Math.max(columns.get(x) ?? 2, (note.velocity / 127) * room));
  });
  return { plain, chosen };
}
