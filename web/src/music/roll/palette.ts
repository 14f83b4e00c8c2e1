// The page's colours for the canvas, as the browser resolved them in light or dark.
import { type Palette, SHADES } from "../engine/scene";

/** One colour a part, in this order and round again. */
export const TRACK_TOKENS = ["music", "series-2", "series-3", "series-1", "series-5", "series-6"] as const;

export function paletteOf(element: HTMLElement): Palette {
  const probe = document.createElement("span");
  probe.hidden = true;
  element.append(probe);
  const resolved = (css: string) => {
    probe.style.color = css;
    return getComputedStyle(probe).color;
  };
  const token = (name: string) => resolved(`var(--${name})`);
  const palette: Palette = {
    background: token("surface"),
    blackRow: token("surface-2"),
    offScale: token("surface-3"),
    line: token("line"),
    barLine: resolved("color-mix(in oklab, var(--line-strong), transparent 35%)"),
    text: token("text-2"),
    strong: token("text"),
    accent: token("accent"),
    loop: resolved("color-mix(in oklab, var(--accent), transparent 86%)"),
    added: token("good"),
    removed: token("bad"),
    whiteKey: resolved("light-dark(#ffffff, #d5dae4)"),
    blackKey: resolved("light-dark(#2b313d, #11151d)"),
    keyText: resolved("light-dark(#465064, #2b313d)"),
    tracks: TRACK_TOKENS.map((name) =>
      Array.from({ length: SHADES }, (_, i) => {
        const share = 45 + (55 * (i + 1)) / SHADES;
        return resolved(`color-mix(in oklab, var(--${name}) ${share}%, var(--surface))`);
      }),
    ),
    font: `11px ${getComputedStyle(element).fontFamily}`,
  };
  probe.remove();
  return palette;
}
