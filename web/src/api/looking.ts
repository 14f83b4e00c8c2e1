// What the pages ask of a model that says where things are: a look at a frame, and cut-outs.
import { api, binary, data } from "./client";
import { problemFrom } from "./problem";
import type { components } from "./schema";

export type Look = Omit<components["schemas"]["Look"], "boxes"> & {
  boxes?: components["schemas"]["Event"]["boxes"];
};

export const lookAtFrame = (run: string, frame: ImageData) =>
  data(
    api.POST("/api/v1/vision/trainings/{run_id}/look:frame", {
      params: { path: { run_id: run }, query: { width: frame.width, height: frame.height } },
      ...binary(frame.data as BodyInit),
    }),
  ) as Promise<unknown> as Promise<Look>;

export interface CutOut {
  file: Blob;
  /** How much of the picture is kept, 0 to 1. */
  share: number;
}

/** A photo without what is behind; without a background, transparent there. */
export async function cutOut(
  run: string,
  photo: Blob,
  label: string | undefined,
  background: string | undefined,
): Promise<CutOut> {
  const {
    data: file,
    error,
    response,
  } = await api.POST("/api/v1/vision/trainings/{run_id}/cutout", {
    params: { path: { run_id: run }, query: { label, background } },
    ...binary(photo),
    parseAs: "blob",
  });
  if (!response.ok || !file) throw problemFrom(response.status, error);
  return { file: file as Blob, share: Number(response.headers.get("x-share-kept")) };
}
