// Answers that come after their page was left: whoever waits for one asks whether anybody is still there.
import { onDestroy } from "svelte";

/** Called while a component is made; what it returns says whether that one has gone since. */
export function leaving(): () => boolean {
  let gone = false;
  onDestroy(() => {
    gone = true;
  });
  return () => gone;
}
