/**
 * Colours of the scene for the page's theme, and the colour scale for speed.
 * The page decides light or dark by its background; the accent of the studio comes from its CSS variables.
 */

import { FLAG_LAP_COMPLETE, FLAG_OFF_TRACK } from "./fleet";

export interface Palette {
  dark: boolean;
  skyTop: string;
  skyBottom: string;
  ground: string;
  groundSpeckle: string;
  groundGrid: string;
  road: string;
  roadSpeckle: string;
  apron: string;
  borderLine: string;
  centreLine: string;
  kerbRed: string;
  kerbWhite: string;
  accent: string;
  cars: readonly string[];
  ghost: string;
  offTrack: string;
  lapComplete: string;
  carTrim: string;
  shadow: string;
}

const CARS_LIGHT = [
  "#5d8fd8",
  "#58a99b",
  "#8f7fd0",
  "#d9a441",
  "#c9738f",
  "#6f9f57",
  "#4fa3c4",
  "#b58863",
  "#7a8aa0",
  "#a9b24f",
];
const CARS_DARK = [
  "#6ea2ee",
  "#63c0ae",
  "#a896ec",
  "#e6b65a",
  "#e08aa6",
  "#84b96a",
  "#60b9dc",
  "#cb9d78",
  "#93a4bc",
  "#bfc962",
];

const LIGHT: Omit<Palette, "accent"> = {
  dark: false,
  skyTop: "#e3edf6",
  skyBottom: "#f6f8f8",
  ground: "#d9e3d6",
  groundSpeckle: "#b9cab4",
  groundGrid: "#c3d1bf",
  road: "#454b55",
  roadSpeckle: "#5b626d",
  apron: "#2d3b30",
  borderLine: "#ffffff",
  centreLine: "#ffb52e",
  kerbRed: "#d9564a",
  kerbWhite: "#f7f4ee",
  cars: CARS_LIGHT,
  ghost: "#dfe6ee",
  offTrack: "#a4443c",
  lapComplete: "#3fa34d",
  carTrim: "#20242b",
  shadow: "#10151a",
};

const DARK: Omit<Palette, "accent"> = {
  dark: true,
  skyTop: "#0c1118",
  skyBottom: "#1d2833",
  ground: "#1f2b28",
  groundSpeckle: "#2a3934",
  groundGrid: "#2b3a35",
  road: "#363d48",
  roadSpeckle: "#464e5b",
  apron: "#05080a",
  borderLine: "#e8edf2",
  centreLine: "#f0a52a",
  kerbRed: "#b8463d",
  kerbWhite: "#cfd3d6",
  cars: CARS_DARK,
  ghost: "#8b99a8",
  offTrack: "#8f3b35",
  lapComplete: "#4fb65d",
  carTrim: "#14171c",
  shadow: "#000000",
};

const ACCENT = "--accent-fill";
const FALLBACK_ACCENT = "#e4572e";

export function paletteFor(dark: boolean, accent: string): Palette {
  return { ...(dark ? DARK : LIGHT), accent };
}

/** A car's colour: what has happened to it comes first, then whether it is the chosen one. */
export function carColour(palette: Palette, flag: number, car: number, inFocus: boolean): string {
  if (flag === FLAG_OFF_TRACK) return palette.offTrack;
  if (flag === FLAG_LAP_COMPLETE) return palette.lapComplete;
  if (inFocus) return palette.accent;
  return palette.cars[car % palette.cars.length] ?? palette.ghost;
}

/** The palette for the theme that an element of the page is shown in. */
export function readPalette(element: Element): Palette {
  return paletteFor(isDark(element), resolvedColour(element, ACCENT));
}

/** A colour variable as #rrggbb, with var() and light-dark() worked out by the browser. */
function resolvedColour(element: Element, variable: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${variable}, ${FALLBACK_ACCENT})`;
  (element.parentElement ?? document.body).append(probe);
  const rgb = parseRgb(getComputedStyle(probe).color);
  probe.remove();
  return rgb ? hex(rgb) : FALLBACK_ACCENT;
}

function isDark(element: Element): boolean {
  for (let node: Element | null = element; node; node = node.parentElement) {
    const rgb = parseRgb(getComputedStyle(node).backgroundColor);
    if (rgb) return luminance(rgb) < 0.35;
  }
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

/** Red, green, blue (0..255) of a computed colour; null when it is see-through. */
export function parseRgb(colour: string): [number, number, number] | null {
  const parts = colour.match(/[\d.]+/g)?.map(Number) ?? [];
  const [r, g, b, alpha = 1] = parts;
  if (r === undefined || g === undefined || b === undefined || alpha < 0.5) return null;
  return colour.startsWith("color(") ? [r * 255, g * 255, b * 255] : [r, g, b];
}

function luminance([r, g, b]: [number, number, number]): number {
  return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
}

function hex(rgb: readonly number[]): string {
  return `#${rgb.map((value) => Math.round(value).toString(16).padStart(2, "0")).join("")}`;
}

/** Slow to fast; every colour stands out on the dark road, and they differ in lightness for colour-blind eyes. */
const SPEED_STOPS: readonly [number, number, number][] = [
  [86, 110, 235],
  [52, 170, 214],
  [86, 206, 140],
  [250, 214, 66],
  [255, 250, 190],
];

/** Colour of a speed between `slow` and `fast` as #rrggbb. */
export function speedColour(speedMps: number, slowMps: number, fastMps: number): string {
  const share = fastMps > slowMps ? (speedMps - slowMps) / (fastMps - slowMps) : 0.5;
  const position = Math.min(Math.max(share, 0), 1) * (SPEED_STOPS.length - 1);
  const k = Math.min(Math.floor(position), SPEED_STOPS.length - 2);
  const from = SPEED_STOPS[k] ?? [0, 0, 0];
  const to = SPEED_STOPS[k + 1] ?? from;
  return hex(from.map((value, channel) => value + ((to[channel] ?? value) - value) * (position - k)));
}

/** Calls back when the page turns light or dark; returns the function that ends it. */
export function watchTheme(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, {
    attributes: true,
    attributeFilter: ["class", "data-theme", "style"],
  });
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", listener);
  return () => {
    observer.disconnect();
    scheme.removeEventListener("change", listener);
  };
}
