// What the pages say where tasks differ. Pure.
import type { VisionTask } from "@/api/vision";

interface TaskText {
  /** The choice on the first page, and what it means. */
  choice: string;
  about: string;
  /** Of a project without photos, and of adding some. */
  begin: string;
  files: string;
  unlabelled: string;
  /** A class that one might want. */
  example: string;
  /** What is done to a photo on the page Label, where photos have no class. */
  draw?: string;
  /** What is deleted with a class. */
  goes?: string;
}
const TEXTS: Partial<Record<VisionTask, TaskText>> & { classification: TaskText } = {
  classification: {
    choice: "What a photo shows",
    about: "A project holds photos and the classes they belong to, such as compost, landfill and recycling.",
    begin: "Name the classes, then record or add photos of each.",
    files: "A folder in it names the class of its photos; photos without one have no class yet.",
    unlabelled: "No class",
    example: "compost",
  },
  detection: {
    choice: "Where things are on it",
    about:
      "Boxes are drawn around things on photos, such as apples and pears; a model learns to find and count them.",
    begin: "Add photos, with annotation files if there are any; then draw boxes.",
    files:
      "Annotations among them, as COCO, Pascal VOC, YOLO, .lst or CSV files, give the boxes; they may also come later.",
    unlabelled: "Not looked at",
    example: "apple",
    draw: "Draw boxes",
    goes: "boxes",
  },
  segmentation: {
    choice: "What each part of it is",
    about:
      "Parts of photos are painted, such as road, lawn and person; a model learns to paint them on new ones.",
    begin: "Add photos, with masks if there are any; then paint.",
    files:
      "Masks among them, as PNG files or polygons of COCO and YOLO, are taken along; they may also come later.",
    unlabelled: "Not looked at",
    example: "road",
    draw: "Paint its mask",
    goes: "areas",
  },
  activity: {
    choice: "What is done in a clip",
    about:
      "Clips of a few seconds, such as of somebody who waves, jumps or sits down; a model learns to tell them apart as they happen.",
    begin: "Name what is done, then record or add clips of it, two seconds or more each.",
    files:
      "Drop videos, a folder of them or a zip anywhere on this page; a folder in it names the class of its clips. A list of ranges (CSV with file, start_s, end_s, label) may lie beside long ones, and folders of numbered frames are clips, too.",
    unlabelled: "No class",
    example: "jump",
  },
  anomaly: {
    choice: "What is unlike the others",
    about:
      "Only good photos are collected, such as whole cans; a model learns what is usual and tells what is unlike it, and where. Some odd photos, if there are any, say how well it does.",
    begin: "Add photos of what is usual; then of what is not, if there are any.",
    files: "A folder in it names the class of its photos; photos without one have no class yet.",
    unlabelled: "No class",
    example: "good",
  },
};

/** A task that this page does not know yet is treated like classification. */
export const textOf = (task: string | undefined): TaskText =>
  TEXTS[task as VisionTask] ?? TEXTS.classification;
export const TASK_CHOICES = (Object.keys(TEXTS) as VisionTask[]).map((value) => ({
  value,
  label: textOf(value).choice,
}));
