// Sound as a WAV file: two channels of 16 bits, the form that every program reads.

const HEADER_BYTES = 44;
/** Just below full scale. */
const PEAK = 0.97;

/** With this gain; but what would be louder than full scale is made quieter as a whole. Quiet music stays quiet. */
export function wavFile(
  left: Float32Array,
  right: Float32Array,
  sampleRate: number,
  wanted = 1,
): ArrayBuffer {
  let peak = 0;
  for (let i = 0; i < left.length; i++) {
    peak = Math.max(peak, Math.abs(left[i] as number), Math.abs(right[i] as number));
  }
  const gain = 32767 * Math.min(wanted, PEAK / Math.max(peak, 1e-9));
  const bytes = new ArrayBuffer(HEADER_BYTES + left.length * 4);
  const view = new DataView(bytes);
  header(view, left.length * 4, sampleRate);
  for (let i = 0; i < left.length; i++) {
    view.setInt16(HEADER_BYTES + i * 4, Math.round((left[i] as number) * gain), true);
    view.setInt16(HEADER_BYTES + i * 4 + 2, Math.round((right[i] as number) * gain), true);
  }
  return bytes;
}

function header(view: DataView, size: number, sampleRate: number): void {
  const text = (at: number, word: string) => {
    for (let i = 0; i < word.length; i++) view.setUint8(at + i, word.charCodeAt(i));
  };
  text(0, "RIFF");
  view.setUint32(4, HEADER_BYTES - 8 + size, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 2, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * 4, true);
  view.setUint16(32, 4, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, size, true);
}
