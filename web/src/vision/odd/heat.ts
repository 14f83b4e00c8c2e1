// Colours for a map of oddness, whose unit is the threshold. Pure.
const [FROM, FULL] = [0.85, 1.6]; // where colour begins, and where it is strongest
const MOST_ALPHA = 190;

/** RGBA, row by row: from amber to red, and clear where nothing is odd. */
export function heat(map: readonly (readonly number[])[]): Uint8ClampedArray<ArrayBuffer> {
  const flat = map.flat();
  const pixels = new Uint8ClampedArray(4 * flat.length);
  flat.forEach((value, k) => {
    const share = Math.min(1, Math.max(0, (value - FROM) / (FULL - FROM)));
    pixels.set([255, Math.round(180 * (1 - share)), 0, Math.round(MOST_ALPHA * share)], 4 * k);
  });
  return pixels;
}
