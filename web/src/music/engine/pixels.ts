// Many small rectangles at once: written into a picture of their own, pixel by pixel, which is then drawn in one call.
// A canvas without a graphics card takes as long for a rectangle as this takes for a hundred.

/** What of a canvas's pen drawing rectangles needs. */
export interface Brush {
  fillStyle: string | CanvasGradient | CanvasPattern;
  globalAlpha: number;
  fillRect(x: number, y: number, width: number, height: number): void;
}

const OPAQUE = 255;

export class Pixels implements Brush {
  width = 0;
  height = 0;
  globalAlpha = 1;
  /** Rows of pixels, each 0xAABBGGRR as a little-endian machine has it. */
  data = new Uint32Array(0);
  private colour = 0;
  private ratio = 1;
  private image: ImageData | null = null;
  private canvas: HTMLCanvasElement | null = null;

  /** `packed` turns a colour as CSS has it into 0xAABBGGRR. */
  constructor(private readonly packed: (css: string) => number = colourOfCss) {}

  get fillStyle(): string {
    return "";
  }

  set fillStyle(css: string) {
    this.colour = this.packed(css);
  }

  /** Empty, for so many CSS pixels with `ratio` pixels of the screen to each. */
  begin(width: number, height: number, ratio: number): void {
    this.ratio = ratio;
    const [wide, tall] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
    if (wide === this.width && tall === this.height) {
      this.data.fill(0);
      return;
    }
    [this.width, this.height] = [wide, tall];
    const bytes = new Uint8ClampedArray(wide * tall * 4);
    this.data = new Uint32Array(bytes.buffer);
    this.image = typeof ImageData === "undefined" ? null : new ImageData(bytes, wide, tall);
  }

  /** In CSS pixels; what lies there already is replaced, not mixed. At least a pixel wide and high. */
  fillRect(x: number, y: number, width: number, height: number): void {
    const left = Math.round(x * this.ratio);
    const top = Math.round(y * this.ratio);
    const right = Math.min(this.width, Math.max(left + 1, Math.round((x + width) * this.ratio)));
    const bottom = Math.min(this.height, Math.max(top + 1, Math.round((y + height) * this.ratio)));
    const from = Math.max(0, left);
    if (from >= right) return;
    const alpha = Math.round((this.colour >>> 24) * this.globalAlpha);
    const value = ((this.colour & 0xffffff) | (alpha << 24)) >>> 0;
    for (let row = Math.max(0, top); row < bottom; row++) {
      this.data.fill(value, row * this.width + from, row * this.width + right);
    }
  }

  /** Draws the picture with its corner at the pen's origin. */
  onto(pen: CanvasRenderingContext2D): void {
    if (!this.image) return;
    this.canvas ??= document.createElement("canvas");
    if (this.canvas.width !== this.width) this.canvas.width = this.width;
    if (this.canvas.height !== this.height) this.canvas.height = this.height;
    this.canvas.getContext("2d")?.putImageData(this.image, 0, 0);
    pen.drawImage(this.canvas, 0, 0, this.width / this.ratio, this.height / this.ratio);
  }
}

const known = new Map<string, number>();
let probe: CanvasRenderingContext2D | null = null;

/** A colour as the browser paints it; each is looked at once. */
function colourOfCss(css: string): number {
  const found = known.get(css);
  if (found !== undefined) return found;
  probe ??= document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  if (!probe) return OPAQUE << 24;
  probe.clearRect(0, 0, 1, 1);
  probe.fillStyle = css;
  probe.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0, alpha = OPAQUE] = probe.getImageData(0, 0, 1, 1).data;
  const value = ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  known.set(css, value);
  return value;
}
