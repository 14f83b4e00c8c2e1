// What can be done with any run, with its question before and its word after. Errors become toasts.
import { deleteRun, renameRun, resumeRun, stopRun } from "@/api/client";
import type { RunView } from "@/api/types";
import { confirm } from "@/core/ui/confirm.svelte";
import { toasts } from "@/core/ui/toasts.svelte";

async function tried<T>(action: () => Promise<T>): Promise<T | null> {
  try {
    return await action();
  } catch (thrown) {
    toasts.error(thrown);
    return null;
  }
}

export async function stop(run: RunView): Promise<RunView | null> {
  const stopped = await tried(() => stopRun(run.id));
  if (stopped) toasts.show("Stopping: the run saves where it is first.");
  return stopped;
}

export const resume = (run: RunView) => tried(() => resumeRun(run.id));

export async function rename(run: RunView, name: string): Promise<RunView | null> {
  if (name.trim() === "" || name.trim() === run.name) return null;
  return tried(() => renameRun(run.id, name.trim()));
}

/** True when it is gone. */
export async function remove(run: RunView): Promise<boolean> {
  const sure = await confirm({
    title: `Delete “${run.name}”?`,
    text: "Its curves, its log and its trained model are deleted from this computer. This cannot be undone.",
    yes: "Delete it",
  });
  if (!sure) return false;
  const done = await tried(async () => {
    await deleteRun(run.id);
    return true;
  });
  if (done) toasts.show(`“${run.name}” was deleted.`, "good");
  return done === true;
}
