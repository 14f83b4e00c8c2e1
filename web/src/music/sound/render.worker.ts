// Plays a performance into a WAV file, faster than it sounds, with the same synthesizer and instruments as the page.
import { type SoundBankLoader as Loader, SoundBankLoader, SpessaSynthProcessor } from "spessasynth_core";
import { MASTER_GAIN } from "./channels";
import type { Performance } from "./performance";
import { wavFile } from "./wav";

export interface RenderOrder {
  performance: Performance;
  font: { url: string } | { bytes: ArrayBuffer };
}

export type RenderAnswer =
  | { kind: "progress"; share: number }
  | { kind: "done"; wav: ArrayBuffer }
  | { kind: "failed" };

const SAMPLE_RATE = 44_100;
const BLOCK = 128;
/** What still rings after the last note. */
const TAIL_S = 2.5;

const answer = (message: RenderAnswer, transfer: Transferable[] = []) =>
  self.postMessage(message, { transfer });

self.onmessage = async (message: MessageEvent<RenderOrder>) => {
  try {
    const { font, performance } = message.data;
    const bytes = "bytes" in font ? font.bytes : await (await fetch(font.url)).arrayBuffer();
    const wav = await render(performance, bytes);
    answer({ kind: "done", wav }, [wav]);
  } catch {
    answer({ kind: "failed" });
  }
};

async function render(performance: Performance, font: ArrayBuffer): Promise<ArrayBuffer> {
  const synth = new SpessaSynthProcessor(SAMPLE_RATE, { eventsEnabled: false });
  await synth.processorInitialized;
  const bank: ReturnType<typeof Loader.fromArrayBuffer> = SoundBankLoader.fromArrayBuffer(font);
  synth.soundBankManager.addSoundBank(bank, "main");
  for (const seat of performance.seats) {
    while (synth.midiChannels.length <= seat.channel) synth.createMIDIChannel();
    synth.midiChannels[seat.channel]?.setDrums(seat.is_drum);
    synth.programChange(seat.channel, seat.program);
    synth.controllerChange(seat.channel, 7, seat.volume);
    synth.controllerChange(seat.channel, 10, seat.pan);
  }
  const total = Math.ceil((performance.seconds + TAIL_S) * SAMPLE_RATE);
  const left = new Float32Array(total);
  const right = new Float32Array(total);
  let next = 0;
  let told = 0;
  for (let at = 0; at < total; ) {
    for (
      let event = performance.events[next];
      event && event.at * SAMPLE_RATE <= at;
      event = performance.events[next]
    ) {
      if (event.velocity > 0) synth.noteOn(event.channel, event.pitch, event.velocity);
      else synth.noteOff(event.channel, event.pitch);
      next += 1;
    }
    const count = Math.min(BLOCK, total - at);
    synth.process(left, right, at, count);
    at += count;
    if (at / total - told > 0.02) {
      told = at / total;
      answer({ kind: "progress", share: told });
    }
  }
  return wavFile(left, right, SAMPLE_RATE, MASTER_GAIN);
}
