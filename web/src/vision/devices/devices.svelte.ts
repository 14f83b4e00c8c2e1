// The devices and what they said, asked for again every few seconds while somebody looks.
import { type DeviceEvent, type DeviceView, listDeviceEvents, listDevices } from "@/api/devices";
import { type ApiError, asApiError } from "@/api/problem";

const POLL_MS = 3000;
const EVENTS = 60;

export class Devices {
  list = $state.raw<DeviceView[]>();
  events = $state.raw<DeviceEvent[]>([]);
  error = $state.raw<ApiError>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private gone = false;
  private turn = 0;

  start(): () => void {
    void this.load();
    return () => {
      this.gone = true;
      clearTimeout(this.timer);
    };
  }

  async load(): Promise<void> {
    clearTimeout(this.timer);
    this.turn += 1;
    const turn = this.turn;
    try {
      const [list, events] = await Promise.all([listDevices(), listDeviceEvents({ limit: EVENTS })]);
      if (turn !== this.turn) return;
      [this.list, this.events, this.error] = [list, events, undefined];
    } catch (thrown) {
      if (turn !== this.turn) return;
      this.error = asApiError(thrown);
    }
    if (!this.gone) this.timer = setTimeout(() => void this.load(), POLL_MS);
  }

  nameOf(id: string): string {
    return this.list?.find((device) => device.id === id)?.name ?? "a device that was removed";
  }
}
