// The broker as it is, asked for again while somebody looks; quickly while it is on its way.
import { type BrokerView, getBroker } from "@/api/broker";
import { Polled } from "@/core/polled.svelte";

const POLL_MS = 3000;
const SOON_MS = 500;

export class Broker extends Polled<BrokerView> {
  constructor() {
    super(getBroker, (view) => (settled(view) ? POLL_MS : SOON_MS));
  }
}

/** Whether it is as it is wanted. */
export const settled = (view: BrokerView | undefined): boolean =>
  view === undefined || view.on === (view.state === "running") || view.state === "failed";
