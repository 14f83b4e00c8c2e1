// The second canvas over the roll: what moves while the notes stand still.
import { gridHeight, type Layout, type Palette } from "./scene";
import type { KeyTransform, TickTransform } from "./transform";

export interface Box {
  from: number;
  to: number;
  low: number;
  high: number;
}

export interface Overlay {
  layout: Layout;
  ticks: TickTransform;
  keys: KeyTransform;
  palette: Palette;
  playhead: number;
  box: Box | null;
  /** Where a technique may change something; null: everywhere. */
  region: Box | null;
  /** Where the keyboard would put a note; null while the roll has no focus. */
  cursor: { tick: number; pitch: number; length: number } | null;
}

export function drawOverlay(pen: CanvasRenderingContext2D, overlay: Overlay): void {
  const { layout, ticks, keys, palette, box, cursor, region } = overlay;
  pen.clearRect(0, 0, layout.width, layout.height);
  pen.save();
  pen.beginPath();
  pen.rect(layout.keys, 0, layout.width - layout.keys, layout.height);
  pen.clip();
  pen.translate(layout.keys, 0);
  pen.strokeStyle = palette.accent;
  if (box) {
    const x = ticks.x(box.from);
    const y = keys.y(box.high) + layout.ruler;
    const wide = ticks.x(box.to) - x;
    const tall = (box.high - box.low + 1) * keys.keyHeight;
    pen.fillStyle = palette.loop;
    pen.fillRect(x, y, wide, tall);
    pen.strokeRect(x + 0.5, y + 0.5, wide, tall);
  }
  if (region) {
    pen.setLineDash([8, 4]);
    pen.lineWidth = 2;
    const y = keys.y(region.high) + layout.ruler;
    const tall = (region.high - region.low + 1) * keys.keyHeight;
    pen.strokeRect(
      ticks.x(region.from),
      Math.max(layout.ruler + 1, y),
      ticks.x(region.to) - ticks.x(region.from),
      tall,
    );
    pen.setLineDash([]);
    pen.lineWidth = 1;
  }
  if (cursor) {
    const y = keys.y(cursor.pitch) + layout.ruler;
    if (y > layout.ruler - keys.keyHeight && y < layout.ruler + gridHeight(layout)) {
      pen.setLineDash([4, 3]);
      pen.lineWidth = 2;
      pen.strokeRect(
        ticks.x(cursor.tick),
        y,
        Math.max(4, cursor.length * ticks.pixelsPerTick),
        keys.keyHeight,
      );
      pen.setLineDash([]);
      pen.lineWidth = 1;
    }
  }
  const x = Math.round(ticks.x(overlay.playhead));
  pen.fillStyle = palette.accent;
  pen.fillRect(x - 1, 0, 2, layout.height);
  pen.beginPath();
  pen.moveTo(x - 6, 0);
  pen.lineTo(x + 6, 0);
  pen.lineTo(x, 9);
  pen.fill();
  pen.restore();
}
