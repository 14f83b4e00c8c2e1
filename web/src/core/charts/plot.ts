// uPlot's options for our charts: axes with units, two scales, dots and one marker line drawn on top. No Svelte here.
import type uPlot from "uplot";
import { type Dots, extent, paddedRange, type Series } from "./chartData";

export interface PlotInput {
  x: number[];
  series: Series[];
  dots: Dots[];
  hidden: ReadonlySet<string>;
  marker: { x: number; label: string } | null;
  rightRange?: [number, number];
}

export interface Paint {
  text: string;
  grid: string;
  surface: string;
  font: string;
  /** The colour behind a token such as "--series-1". */
  color(token: string): string;
}

/** Reads the page's colours as the browser resolved them (light-dark() and all). */
export function paintOf(element: HTMLElement): Paint {
  const probe = document.createElement("span");
  probe.hidden = true;
  element.append(probe);
  const color = (token: string) => {
    probe.style.color = `var(${token})`;
    return getComputedStyle(probe).color;
  };
  const seen = new Map<string, string>();
  for (let i = 1; i <= 6; i += 1) seen.set(`--series-${i}`, color(`--series-${i}`));
  const paint: Paint = {
    text: color("--text-2"),
    grid: color("--line"),
    surface: color("--surface"),
    font: `12px ${getComputedStyle(element).fontFamily}`,
    color: (token) => seen.get(token) ?? seen.get("--series-1") ?? "gray",
  };
  probe.remove();
  return paint;
}

/** The lowest and highest of everything that is switched on for one axis. */
export function axisRange(input: PlotInput, axis: "left" | "right"): [number, number] {
  if (axis === "right" && input.rightRange) return input.rightRange;
  const lines = input.series.filter((line) => line.axis === axis && !input.hidden.has(line.key));
  const dots = input.dots.filter((set) => set.axis === axis && !input.hidden.has(set.key));
  const values = [
    ...lines.flatMap((line) => line.values),
    ...dots.flatMap((set) => set.points.map(([, y]) => y)),
  ];
  return paddedRange(...extent(values));
}

export function xRange(input: PlotInput): [number, number] {
  const dots = input.dots
    .filter((set) => !input.hidden.has(set.key))
    .flatMap((set) => set.points.map(([x]) => x));
  const [low, high] = extent([...input.x, ...dots]);
  if (!Number.isFinite(low)) return [0, 1];
  return low === high ? [low - 1, high + 1] : [low, high + (high - low) * 0.01];
}

function drawDots(plot: uPlot, input: PlotInput, paint: Paint): void {
  const { ctx, bbox } = plot;
  const radius = 1.9 * devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const set of input.dots) {
    if (input.hidden.has(set.key)) continue;
    ctx.fillStyle = paint.color(set.color);
    ctx.globalAlpha = set.points.length > 1500 ? 0.3 : 0.55;
    ctx.beginPath();
    for (const [x, y] of set.points) {
      const px = plot.valToPos(x, "x", true);
      const py = plot.valToPos(y, set.axis, true);
      ctx.moveTo(px + radius, py);
      ctx.arc(px, py, radius, 0, 2 * Math.PI);
    }
    ctx.fill();
  }
  ctx.restore();
}

function drawMarker(plot: uPlot, marker: { x: number; label: string }, paint: Paint): void {
  const { ctx, bbox } = plot;
  const x = Math.round(plot.valToPos(marker.x, "x", true));
  if (x < bbox.left - 1 || x > bbox.left + bbox.width + 1) return;
  ctx.save();
  ctx.strokeStyle = paint.text;
  ctx.lineWidth = 1.5 * devicePixelRatio;
  ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.font = paint.font.replace("12px", `${12 * devicePixelRatio}px`);
  const width = ctx.measureText(marker.label).width + 10 * devicePixelRatio;
  const left = x + width > bbox.left + bbox.width ? x - width : x;
  ctx.globalAlpha = 0.88;
  ctx.fillStyle = paint.surface;
  ctx.fillRect(left, bbox.top, width, 18 * devicePixelRatio);
  ctx.globalAlpha = 1;
  ctx.fillStyle = paint.text;
  ctx.textBaseline = "middle";
  ctx.fillText(marker.label, left + 5 * devicePixelRatio, bbox.top + 9 * devicePixelRatio);
  ctx.restore();
}

function axis(paint: Paint, label: string, extra: uPlot.Axis): uPlot.Axis {
  return {
    label,
    labelFont: paint.font,
    labelSize: 20,
    font: paint.font,
    stroke: paint.text,
    grid: { stroke: paint.grid, width: 1 },
    ticks: { stroke: paint.grid, width: 1, size: 5 },
    ...extra,
  };
}

export interface PlotLabels {
  x: string;
  left: string;
  right?: string;
}

export function plotOptions(
  read: () => PlotInput,
  paint: Paint,
  labels: PlotLabels,
  size: { width: number; height: number },
  oncursor: (index: number | null) => void,
): uPlot.Options {
  const { series } = read();
  const whole = (values: number[]) => values.map((value) => (Number.isInteger(value) ? String(value) : ""));
  const axes = [
    axis(paint, labels.x, { values: (_, values) => whole(values), size: 34 }),
    axis(paint, labels.left, { scale: "left", size: 52 }),
  ];
  if (labels.right)
    axes.push(axis(paint, labels.right, { scale: "right", side: 1, size: 44, grid: { show: false } }));
  return {
    ...size,
    padding: [12, labels.right ? 4 : 16, 0, 2],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 7 }, y: false },
    scales: {
      x: { time: false, range: () => xRange(read()) },
      left: { range: () => axisRange(read(), "left") },
      right: { range: () => axisRange(read(), "right") },
    },
    axes,
    series: [
      {},
      ...series.map(
        (line): uPlot.Series => ({
          label: line.label,
          scale: line.axis,
          stroke: paint.color(line.color),
          width: line.width ?? 2,
          dash: line.dash,
          spanGaps: true,
          show: !read().hidden.has(line.key),
          points: { show: (plot) => plot.data[0].length <= 40, size: 5 },
        }),
      ),
    ],
    hooks: {
      drawAxes: [(plot) => drawDots(plot, read(), paint)],
      draw: [
        (plot) => {
          const { marker } = read();
          if (marker) drawMarker(plot, marker, paint);
        },
      ],
      setCursor: [(plot) => oncursor(plot.cursor.idx ?? null)],
    },
  };
}

export function plotData(input: PlotInput): uPlot.AlignedData {
  return [input.x, ...input.series.map((line) => line.values)] as uPlot.AlignedData;
}
