// What the pages ask about masks: who paints says which version they have seen.

import { api, data } from "./client";
import { problemFrom } from "./problem";
import type { PhotoView } from "./vision";

const at = (name: string, sha256: string) => ({ path: { name, sha256 } });

/** The mask of a photo as a PNG, and the photo's version that it belongs to. */
export async function getMask(name: string, sha256: string): Promise<{ file: Blob; version: number }> {
  const {
    data: file,
    error,
    response,
  } = await api.GET("/api/v1/vision/projects/{name}/photos/{sha256}/mask", {
    params: at(name, sha256),
    parseAs: "blob",
  });
  if (!response.ok || !file) throw problemFrom(response.status, error);
  return { file: file as Blob, version: Number(response.headers.get("etag")?.replaceAll('"', "")) };
}

export const putMask = (name: string, sha256: string, file: Blob, version?: number): Promise<PhotoView> =>
  data(
    api.PUT("/api/v1/vision/projects/{name}/photos/{sha256}/mask", {
      params: { ...at(name, sha256), query: { version } },
      headers: { "content-type": "image/png" },
      body: file as unknown as string,
      bodySerializer: (given: unknown) => given as BodyInit,
    }),
  );

/** As if nobody had looked at it. */
export const deleteMask = (name: string, sha256: string, version?: number): Promise<PhotoView> =>
  data(
    api.DELETE("/api/v1/vision/projects/{name}/photos/{sha256}/mask", {
      params: { ...at(name, sha256), query: { version } },
    }),
  );
