// What a person chose for this browser: theme and motion. public/theme.js applies the same two before the first paint.

export type Theme = "auto" | "light" | "dark";
export type Motion = "auto" | "off";

const KEY = "trivium:settings";

interface Saved {
  theme: Theme;
  motion: Motion;
}

function load(): Saved {
  const plain: Saved = { theme: "auto", motion: "auto" };
  try {
    return { ...plain, ...(JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Saved>) };
  } catch {
    return plain;
  }
}

class Settings {
  theme = $state<Theme>("auto");
  motion = $state<Motion>("auto");
  /** Rises when colours change, so that canvases know to draw again. */
  paint = $state(0);

  constructor() {
    if (typeof window === "undefined") return;
    const saved = load();
    this.theme = saved.theme;
    this.motion = saved.motion;
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.paint += 1;
    });
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    this.apply();
  }

  setMotion(motion: Motion): void {
    this.motion = motion;
    this.apply();
  }

  get reducedMotion(): boolean {
    return this.motion === "off" || window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  }

  private apply(): void {
    const root = document.documentElement.dataset;
    if (this.theme === "auto") delete root.theme;
    else root.theme = this.theme;
    if (this.motion === "off") root.motion = "off";
    else delete root.motion;
    try {
      localStorage.setItem(KEY, JSON.stringify({ theme: this.theme, motion: this.motion }));
    } catch {
      // Without storage the choice lasts until the tab closes.
    }
    this.paint += 1;
  }
}

export const settings = new Settings();
