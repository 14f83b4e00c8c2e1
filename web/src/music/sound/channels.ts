// Which channel of the synthesizer a part plays on. Two are kept free: the metronome's and the one that unpacks samples
// unheard. Parts beyond the usual sixteen get further channels.

/** The synthesizer leaves room for hundreds of voices; a melody alone would be too quiet. */
export const MASTER_GAIN = 3;

export const CLICK_CHANNEL = 9;
export const WARM_CHANNEL = 15;

export function channelOf(index: number): number {
  const channel = index < CLICK_CHANNEL ? index : index + 1;
  return channel < WARM_CHANNEL ? channel : channel + 1;
}
