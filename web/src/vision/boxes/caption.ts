// What is said of a photo in lists: its class, or what was drawn or painted on it. Pure.
import type { PhotoView } from "@/api/vision";
import { plural } from "@/core/format";
import { rangesCaption } from "../clips/strip";

export function caption(
  photo: Pick<PhotoView, "label" | "boxes" | "mask" | "video">,
  task: string | undefined,
): string {
  if (photo.video && photo.label === null) return rangesCaption(photo.video);
  if (task === "segmentation")
    return photo.mask
      ? photo.mask.areas.map((one) => one.label).join(", ") || "nothing there"
      : "not looked at";
  if (task !== "detection") return photo.label ?? "no class";
  if (!photo.boxes) return "not looked at";
  return photo.boxes.length ? plural(photo.boxes.length, "box", "boxes") : "nothing there";
}
