// Keyboards on the computer's MIDI ports. The browser asks the person first; nothing is opened before the button is pressed.
export interface Keys {
  press(pitch: number, velocity: number, timeStamp: number): void;
  release(pitch: number, timeStamp: number): void;
}

const NOTE_OFF = 0x80;
const NOTE_ON = 0x90;

/** What a MIDI message says about a key, or null where it is about something else. */
export function keyMessage(bytes: ArrayLike<number>): { pitch: number; velocity: number } | null {
  const [status = 0, pitch = 0, velocity = 0] = [bytes[0], bytes[1], bytes[2]];
  const kind = status & 0xf0;
  if (kind === NOTE_OFF) return { pitch, velocity: 0 };
  // Many keyboards let a key go by a note-on without force.
  return kind === NOTE_ON ? { pitch, velocity } : null;
}

export class MidiKeyboards {
  readonly supported = typeof navigator !== "undefined" && "requestMIDIAccess" in navigator;
  state = $state<"off" | "asking" | "on" | "refused">("off");
  names = $state.raw<string[]>([]);
  private access: MIDIAccess | null = null;

  constructor(private readonly keys: Keys) {}

  async connect(): Promise<void> {
    this.state = "asking";
    try {
      this.access = await navigator.requestMIDIAccess();
    } catch {
      this.state = "refused";
      return;
    }
    this.access.onstatechange = () => this.listen();
    this.state = "on";
    this.listen();
  }

  private listen(): void {
    const inputs = [...(this.access?.inputs.values() ?? [])].filter((input) => input.state === "connected");
    this.names = inputs.map((input) => input.name ?? "MIDI keyboard");
    for (const input of inputs) input.onmidimessage = (event) => this.onmessage(event);
  }

  private onmessage(event: MIDIMessageEvent): void {
    const key = event.data && keyMessage(event.data);
    if (!key) return;
    if (key.velocity > 0) this.keys.press(key.pitch, key.velocity, event.timeStamp);
    else this.keys.release(key.pitch, event.timeStamp);
  }

  dispose(): void {
    for (const input of this.access?.inputs.values() ?? []) input.onmidimessage = null;
    if (this.access) this.access.onstatechange = null;
  }
}
