// Which project a run has learned from: its inputs say it.
import { getJsonFile } from "@/api/client";

export async function projectOfRun(run: string): Promise<string> {
  const files = ["inputs/project.json", "inputs/photos.json"];
  for (const path of files) {
    const found = await getJsonFile<{ project?: string }>(run, path).catch(() => null);
    if (found?.project) return found.project;
  }
  return "";
}
