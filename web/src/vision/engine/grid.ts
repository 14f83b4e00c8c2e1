// Where the cells of a long grid lie, and which of them are in sight: only those are in the page. Pure functions.

export interface Grid {
  columns: number;
  rows: number;
  /** The side of a cell, without the gap. */
  cell: number;
  gap: number;
  height: number;
}

/** As many columns as fit with cells of at least `least` pixels; the cells fill the width. */
export function gridOf(count: number, width: number, least: number, gap: number): Grid {
  const columns = Math.max(1, Math.floor((width + gap) / (least + gap)));
  const cell = Math.max(1, (width - gap * (columns - 1)) / columns);
  const rows = Math.ceil(count / columns);
  return { columns, rows, cell, gap, height: rows === 0 ? 0 : rows * (cell + gap) - gap };
}

/** [first, last) of the cells between `top` and `bottom`, with some rows to spare on either side. */
export function inSight(grid: Grid, count: number, top: number, bottom: number, spare = 2): [number, number] {
  const step = grid.cell + grid.gap;
  const first = Math.max(0, Math.floor(top / step) - spare);
  const last = Math.min(grid.rows, Math.ceil(bottom / step) + spare);
  return [Math.min(count, first * grid.columns), Math.min(count, Math.max(first, last) * grid.columns)];
}

export function placeOf(grid: Grid, index: number): { x: number; y: number } {
  const step = grid.cell + grid.gap;
  return { x: (index % grid.columns) * step, y: Math.floor(index / grid.columns) * step };
}
