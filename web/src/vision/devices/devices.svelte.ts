// The devices and what they said, asked for again every few seconds while somebody looks.
import { type DeviceEvent, type DeviceView, listDeviceEvents, listDevices } from "@/api/devices";
import { Polled } from "@/core/polled.svelte";

const POLL_MS = 3000;
const EVENTS = 60;

export class Devices extends Polled<[DeviceView[], DeviceEvent[]]> {
  constructor() {
    super(
      () => Promise.all([listDevices(), listDeviceEvents({ limit: EVENTS })]),
      () => POLL_MS,
    );
  }

  get list(): DeviceView[] | undefined {
    return this.data?.[0];
  }

  get events(): DeviceEvent[] {
    return this.data?.[1] ?? [];
  }

  nameOf(id: string): string {
    return this.list?.find((device) => device.id === id)?.name ?? "a device that was removed";
  }
}
