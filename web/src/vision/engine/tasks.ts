// What projects are for, in words. Pure.
const NAMES: Record<string, string> = {
  classification: "What it shows",
  detection: "What is where",
  activity: "What is done",
  segmentation: "What each pixel is",
  anomaly: "What is unlike the others",
};

/** What a training was for, by the settings that only such a training has. */
export function taskOfConfig(config: Record<string, unknown>): string {
  if ("finds" in config) return "detection";
  if ("false_alarms" in config) return "anomaly";
  if ("window_s" in config) return "activity";
  const learn = config.learn;
  if (typeof learn === "object" && learn !== null && "dice" in learn) return "segmentation";
  return "learn" in config ? "detection" : "classification";
}

/** Whether models of a task say where things are, by boxes or masks. */
export const hasPlaces = (task: string): boolean => task === "detection" || task === "segmentation";

export const taskName = (task: string): string => NAMES[task] ?? task;

/** What such a project holds, one of them. */
export const thingOf = (task: string | undefined): "clip" | "photo" =>
  task === "activity" ? "clip" : "photo";
