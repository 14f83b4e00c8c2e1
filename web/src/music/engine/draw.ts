// Draws the roll: only what is in sight, in few calls, so that ten thousand notes stay smooth. Everything that moves
// while music plays (the playhead, the box of a selection) is drawn on a second canvas by `drawOverlay`.
import { drawChanges } from "./changes";
import { type RollNote, TICKS_PER_QUARTER, type Track } from "./document";
import { drawLane } from "./lane";
import type { Brush } from "./pixels";
import { colourOf, gridHeight, type Scene, shadeOf, shadesOf } from "./scene";
import { barLines, beatTicks } from "./timeline";
import { isBlack, KEYS, type KeyTransform, pitchName, type TickTransform } from "./transform";
import { eachBetween } from "./visible";

/** With more in sight they have no round corners, names and pins, and are painted at once. */
const MOST_DETAILED = 1500;

type Pen = CanvasRenderingContext2D;

export function drawRoll(pen: Pen, scene: Scene): number {
  const { layout, palette } = scene;
  pen.clearRect(0, 0, layout.width, layout.height);
  pen.font = palette.font;
  pen.textBaseline = "middle";
  clipped(pen, layout.keys, layout.ruler, layout.width - layout.keys, gridHeight(layout), () =>
    rows(pen, scene),
  );
  clipped(pen, layout.keys, 0, layout.width - layout.keys, layout.height, () => columns(pen, scene));
  let drawn = 0;
  clipped(pen, layout.keys, layout.ruler, layout.width - layout.keys, gridHeight(layout), () => {
    const many = scene.crowd && countInSight(scene) >= MOST_DETAILED ? scene.crowd : null;
    many?.notes.begin(layout.width - layout.keys, gridHeight(layout), many.ratio);
    drawn = allNotes(pen, many?.notes ?? pen, scene);
    many?.notes.onto(pen);
    if (scene.changes) drawn += drawChanges(pen, scene, scene.changes);
  });
  if (layout.lane > 0) {
    clipped(pen, layout.keys, layout.height - layout.lane, layout.width - layout.keys, layout.lane, () =>
      drawLane(pen, scene),
    );
  }
  ruler(pen, scene);
  piano(pen, scene);
  return drawn;
}

/** Draws inside a rectangle, with its corner as the origin. */
function clipped(pen: Pen, x: number, y: number, width: number, height: number, draw: () => void): void {
  pen.save();
  pen.beginPath();
  pen.rect(x, y, width, height);
  pen.clip();
  pen.translate(x, y);
  draw();
  pen.restore();
}

function rows(pen: Pen, { layout, keys, palette, scale }: Scene): void {
  const height = gridHeight(layout);
  pen.fillStyle = palette.background;
  pen.fillRect(0, 0, layout.width, height);
  const top = Math.min(KEYS - 1, keys.pitch(0));
  const bottom = Math.max(0, keys.pitch(height));
  for (let pitch = top; pitch >= bottom; pitch--) {
    const y = keys.y(pitch);
    const shaded = scale ? !scale[pitch % 12] : isBlack(pitch);
    if (shaded) {
      pen.fillStyle = scale ? palette.offScale : palette.blackRow;
      pen.fillRect(0, y, layout.width, keys.keyHeight);
    }
    if (pitch % 12 === 0 || pitch % 12 === 5) {
      pen.fillStyle = palette.line;
      pen.fillRect(0, y + keys.keyHeight - 1, layout.width, 1);
    }
  }
}

/** How many bars apart lines or numbers stand, so that each has `room` pixels: one, two, four, eight and so on. */
function everyBar(ticks: TickTransform, bar: number, room: number): number {
  return 2 ** Math.max(0, Math.ceil(Math.log2(room / (bar * ticks.pixelsPerTick))));
}

function columns(pen: Pen, scene: Scene): void {
  const { layout, ticks, palette, score, loop } = scene;
  const width = layout.width - layout.keys;
  const from = ticks.tick(0);
  const to = ticks.tick(width);
  if (loop) {
    pen.fillStyle = palette.loop;
    pen.fillRect(ticks.x(loop.start), 0, ticks.x(loop.end) - ticks.x(loop.start), layout.height);
  }
  for (const line of barLines(score, from, to)) {
    const beat = beatTicks(line.metre);
    const bar = beat * line.metre.beats;
    const step = scene.grid > 0 && scene.grid * ticks.pixelsPerTick >= 7 ? scene.grid : beat;
    pen.fillStyle = palette.line;
    if (step * ticks.pixelsPerTick >= 7) {
      for (let t = step; t < bar; t += step)
        pen.fillRect(Math.round(ticks.x(line.tick + t)), layout.ruler, 1, layout.height);
    }
    if ((line.bar - 1) % everyBar(ticks, bar, 12) === 0) {
      pen.fillStyle = palette.barLine;
      pen.fillRect(Math.round(ticks.x(line.tick)), layout.ruler * 0.6, 1, layout.height);
    }
  }
}

function countInSight({ score, layout, ticks, ghosts, track }: Scene): number {
  let count = 0;
  for (const each of score.tracks) {
    if (each.id !== track && !ghosts) continue;
    eachBetween(each.notes, ticks.tick(0), ticks.tick(layout.width), () => {
      count += 1;
    });
  }
  return count;
}

/** `brush` paints them: the pen itself, or the picture of many. */
function allNotes(pen: Pen, brush: Brush, scene: Scene): number {
  let drawn = 0;
  scene.score.tracks.forEach((track, index) => {
    if (track.id === scene.track || !scene.ghosts) return;
    drawn += ghostNotes(brush, scene, track, index);
  });
  const index = scene.score.tracks.findIndex((track) => track.id === scene.track);
  const active = scene.score.tracks[index];
  return active ? drawn + activeNotes(pen, brush, scene, active, index) : drawn;
}

function visibleRows({ layout, keys }: Scene): { low: number; high: number } {
  return { low: keys.pitch(gridHeight(layout)), high: keys.pitch(0) };
}

function ghostNotes(brush: Brush, scene: Scene, track: Track, index: number): number {
  const { layout, ticks, keys, palette } = scene;
  const { low, high } = visibleRows(scene);
  let drawn = 0;
  brush.globalAlpha = 0.28;
  brush.fillStyle = colourOf(palette, index);
  eachBetween(track.notes, ticks.tick(0), ticks.tick(layout.width), (note) => {
    if (note.pitch < low || note.pitch > high) return;
    drawn += 1;
    const x = ticks.x(note.onset);
    brush.fillRect(
      x,
      keys.y(note.pitch) + 1,
      Math.max(2, note.length * ticks.pixelsPerTick - 1),
      keys.keyHeight - 2,
    );
  });
  brush.globalAlpha = 1;
  return drawn;
}

function activeNotes(pen: Pen, brush: Brush, scene: Scene, track: Track, index: number): number {
  const { layout, ticks, keys, palette, selection } = scene;
  const { low, high } = visibleRows(scene);
  const seen: RollNote[] = [];
  eachBetween(track.notes, ticks.tick(0), ticks.tick(layout.width), (note) => {
    if (note.pitch >= low && note.pitch <= high) seen.push(note);
  });
  const detailed = brush === pen && seen.length < MOST_DETAILED;
  const height = keys.keyHeight - 1;
  const shades = shadesOf(palette, index);
  // Shade by shade, so that the colour changes eight times and not with every note.
  const byShade: RollNote[][] = shades.map(() => []);
  for (const note of seen) if (!selection.has(note.id)) byShade[shadeOf(note.velocity)]?.push(note);
  byShade.forEach((alike, shade) => {
    brush.fillStyle = shades[shade] as string;
    for (const note of alike) bar(brush, ticks, keys, note, height, detailed ? pen : null);
  });
  brush.fillStyle = palette.strong;
  for (const note of seen)
    if (selection.has(note.id)) bar(brush, ticks, keys, note, height, detailed ? pen : null);
  if (detailed) for (const note of seen) marks(pen, scene, note, height);
  return seen.length;
}

/** With round corners where a pen for those is given. */
function bar(
  brush: Brush,
  ticks: TickTransform,
  keys: KeyTransform,
  note: RollNote,
  height: number,
  round: Pen | null,
) {
  const width = Math.max(2, note.length * ticks.pixelsPerTick - 1);
  if (!round || width < 6) {
    brush.fillRect(ticks.x(note.onset), keys.y(note.pitch), width, height);
    return;
  }
  round.beginPath();
  round.roundRect(ticks.x(note.onset), keys.y(note.pitch), width, height, 3);
  round.fill();
}

/** A pin, and the note's name where there is room for it. */
function marks(pen: Pen, { ticks, keys, palette, selection }: Scene, note: RollNote, height: number): void {
  const x = ticks.x(note.onset);
  const width = note.length * ticks.pixelsPerTick;
  const y = keys.y(note.pitch);
  if (note.pinned) {
    pen.strokeStyle = selection.has(note.id) ? palette.accent : palette.strong;
    pen.lineWidth = 2;
    pen.strokeRect(x + 1, y + 1, Math.max(2, width - 3), height - 2);
    pen.lineWidth = 1;
  }
  if (height >= 13 && width >= 34) {
    pen.fillStyle = palette.background;
    pen.fillText(pitchName(note.pitch), x + 5, y + height / 2 + 0.5);
  }
}

function ruler(pen: Pen, scene: Scene): void {
  const { layout, ticks, palette, score } = scene;
  clipped(pen, layout.keys, 0, layout.width - layout.keys, layout.ruler, () => {
    const every = everyBar(ticks, TICKS_PER_QUARTER * 4, 34);
    pen.fillStyle = palette.text;
    for (const line of barLines(score, ticks.tick(-40), ticks.tick(layout.width))) {
      if ((line.bar - 1) % every === 0)
        pen.fillText(String(line.bar), ticks.x(line.tick) + 4, layout.ruler / 2);
    }
    pen.fillStyle = palette.barLine;
    pen.fillRect(0, layout.ruler - 1, layout.width, 1);
  });
}

function piano(pen: Pen, scene: Scene): void {
  const { layout, keys, palette, held } = scene;
  clipped(pen, 0, layout.ruler, layout.keys, gridHeight(layout), () => {
    pen.fillStyle = palette.whiteKey;
    pen.fillRect(0, 0, layout.keys, gridHeight(layout));
    const top = Math.min(KEYS - 1, keys.pitch(0));
    const bottom = Math.max(0, keys.pitch(gridHeight(layout)));
    for (let pitch = top; pitch >= bottom; pitch--) {
      const y = keys.y(pitch);
      if (held.has(pitch)) {
        pen.fillStyle = palette.accent;
        pen.fillRect(0, y, layout.keys, keys.keyHeight);
      } else if (isBlack(pitch)) {
        pen.fillStyle = palette.blackKey;
        pen.fillRect(0, y, layout.keys * 0.62, keys.keyHeight);
      }
      pen.fillStyle = palette.line;
      if (pitch % 12 === 0 || pitch % 12 === 5) pen.fillRect(0, y + keys.keyHeight - 1, layout.keys, 1);
      if (pitch % 12 === 0 && keys.keyHeight >= 7) {
        pen.fillStyle = palette.keyText;
        pen.fillText(pitchName(pitch), layout.keys - 24, y + keys.keyHeight / 2 + 0.5);
      }
    }
    pen.fillStyle = palette.barLine;
    pen.fillRect(layout.keys - 1, 0, 1, layout.height);
  });
}
