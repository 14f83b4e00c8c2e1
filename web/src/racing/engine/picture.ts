/** The car camera's grey picture as the four bytes a pixel that a canvas wants. */

export function greyToRgba(grey: Uint8Array): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray(grey.length * 4);
  for (let i = 0; i < grey.length; i++) {
    const value = grey[i] ?? 0;
    rgba[4 * i] = rgba[4 * i + 1] = rgba[4 * i + 2] = value;
    rgba[4 * i + 3] = 255;
  }
  return rgba;
}
