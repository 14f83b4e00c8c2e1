// What is said of a photo in lists: its class, or for detection what was drawn on it. Pure.
import type { PhotoView } from "@/api/vision";
import { plural } from "@/core/format";

export function caption(photo: Pick<PhotoView, "label" | "boxes">, detection: boolean): string {
  if (!detection) return photo.label ?? "no class";
  if (!photo.boxes) return "not looked at";
  return photo.boxes.length ? plural(photo.boxes.length, "box", "boxes") : "nothing there";
}
