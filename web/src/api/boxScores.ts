// What the pages ask about a detector's result.

import { api, data } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];
/** openapi-typescript widens tuples such as [low, high] to number[] in answers; these are what they are. */
type Interval = [number, number];
type Xyxy = [number, number, number, number];
export type BoxKind = Schemas["FoundBox"]["kind"];
export type BoxClassScore = Omit<Schemas["BoxClassScore"], "interval"> & { interval: Interval | null };
export type BoxSizeScore = Omit<Schemas["BoxSizeScore"], "interval"> & { interval: Interval };
export type BoxScores = Omit<Schemas["BoxScores"], "interval" | "interval_50_95" | "per_class" | "sizes"> & {
  interval: Interval;
  interval_50_95: Interval;
  per_class: BoxClassScore[];
  sizes: BoxSizeScore[];
};
export type FoundBox = Omit<Schemas["FoundBox"], "xyxy"> & { xyxy: Xyxy };
export type DrawnBox = Omit<Schemas["DrawnBox"], "xyxy"> & { xyxy: Xyxy };
export type BoxPhoto = Omit<Schemas["BoxPhoto"], "drawn" | "found"> & {
  drawn: DrawnBox[];
  found: FoundBox[];
};
export interface BoxPhotoPage {
  total: number;
  items: BoxPhoto[];
}
export type BoxShow = "all" | "wrong" | "hits" | "missed" | "false" | "confused";
export interface BoxPhotoFilter {
  show?: BoxShow;
  /** A cell of the table of confusions; "" is the background. */
  label?: string;
  said?: string;
  /** One for all classes; left out: the model's own. */
  threshold?: number;
  offset?: number;
  limit?: number;
}

const at = (run_id: string) => ({ path: { run_id } });

export const getBoxScores = (run: string, threshold?: number) =>
  data(
    api.GET("/api/v1/vision/trainings/{run_id}/box-scores", { params: { ...at(run), query: { threshold } } }),
  ) as Promise<unknown> as Promise<BoxScores>;
export const listBoxPhotos = (run: string, query: BoxPhotoFilter) =>
  data(
    api.GET("/api/v1/vision/trainings/{run_id}/box-photos", { params: { ...at(run), query } }),
  ) as Promise<unknown> as Promise<BoxPhotoPage>;

// Boxes that a model would draw, and those that it doubts

export type DoubtReason = Omit<Schemas["DoubtReason"], "xyxy"> & { xyxy: Xyxy };
export type DoubtfulPhoto = Omit<Schemas["DoubtfulPhoto"], "reasons"> & { reasons: DoubtReason[] };
export interface Proposal {
  sha256: string;
  boxes: { label: string; xyxy: Xyxy; confidence: number }[];
}
export const listProposals = (name: string, run: string, photo: string[], threshold?: number) =>
  data(
    api.GET("/api/v1/vision/projects/{name}/proposals", {
      params: { path: { name }, query: { run, photo, threshold } },
    }),
  ) as Promise<unknown> as Promise<Proposal[]>;
export const listDoubtfulBoxes = (name: string, run: string, everything = false) =>
  data(
    api.GET("/api/v1/vision/projects/{name}/box-doubts", {
      params: { path: { name }, query: { run, everything } },
    }),
  ) as Promise<unknown> as Promise<DoubtfulPhoto[]>;
