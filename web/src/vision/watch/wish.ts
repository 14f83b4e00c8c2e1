// What a person wants to watch, and by which rules: kept in this browser between visits.
import type { Rule } from "@/api/watch";
import { Draft } from "@/core/drafts";
import type { Config } from "@/core/forms/formModel";

export interface Wish {
  source: string;
  config: Config;
  rules: Rule[];
}

export const wishes = () => new Draft<Wish>("trivium.vision.watch", 1, localStorage);

/** A template's own camera and rules stand ready when its model is watched. */
export function prefer(part: Pick<Wish, "source" | "rules">): void {
  const kept = wishes();
  kept.save({ config: kept.load()?.config ?? {}, ...part });
}
