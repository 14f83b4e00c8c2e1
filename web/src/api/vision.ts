// What the vision pages ask of the server.

import { api, binary, data } from "./client";
import { connection } from "./connection.svelte";
import { offlineError, problemFrom } from "./problem";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type ProjectView = Schemas["ProjectView"];
export type PhotoView = Schemas["PhotoView"];
export type PhotoPage = Schemas["PhotoPage"];
export type FindingsView = Schemas["FindingsView"];
export type ImportView = Schemas["ImportView"];
export type ImportReport = Schemas["ImportReport"];
export type LabelChange = Schemas["LabelChange"];
export type LabelOutcome = Schemas["LabelOutcome"];
export type Suggestion = Schemas["SuggestionView"];
export type VisionTraining = Schemas["VisionTraining"];
export type JudgedPhoto = Schemas["JudgedPhoto"];
export type JudgedPage = Schemas["JudgedPage"];
export type Verdict = Schemas["Verdict"];
export type ClipVerdict = Schemas["ClipVerdict"];
export type VisionSettings = Schemas["VisionSettings"];
/** openapi-typescript widens tuples such as [low, high] to number[] in answers; these are what they are. */
type Interval = [number, number];
export type ClassScore = Omit<Schemas["ClassScore"], "interval"> & { interval: Interval };
export type CalibrationBin = Omit<Schemas["CalibrationBin"], "interval"> & { interval: Interval };
export type VisionEvaluation = Omit<Schemas["VisionEvaluation"], "interval" | "per_class" | "calibration"> & {
  interval: Interval;
  per_class: ClassScore[];
  calibration: CalibrationBin[];
};
export type ProjectTraining = Omit<Schemas["ProjectTraining"], "interval"> & { interval: Interval | null };

const named = (name: string) => ({ params: { path: { name } } });
const at = (run: string) => ({ params: { path: { run_id: run } } });

export const listProjects = () => data(api.GET("/api/v1/vision/projects"));
export type VisionTask = NonNullable<Schemas["NewProject"]["task"]>;
export const createProject = (name: string, task: VisionTask = "classification") =>
  data(api.POST("/api/v1/vision/projects", { body: { name, task } }));
export const getProject = (name: string) => data(api.GET("/api/v1/vision/projects/{name}", named(name)));
export const deleteProject = (name: string) =>
  data(api.DELETE("/api/v1/vision/projects/{name}", named(name)));
export const listExportFormats = (name: string) =>
  data(api.GET("/api/v1/vision/projects/{name}/export-formats", named(name)));
export const exportUrl = (name: string, format: string) =>
  `/api/v1/vision/projects/${encodeURIComponent(name)}/export?format=${encodeURIComponent(format)}`;
export const getFindings = (name: string) =>
  data(api.GET("/api/v1/vision/projects/{name}/findings", named(name)));

export const createClass = (project: string, name: string) =>
  data(api.POST("/api/v1/vision/projects/{name}/classes", { ...named(project), body: { name } }));
export const renameClass = (project: string, name: string, to: string) =>
  data(api.POST("/api/v1/vision/projects/{name}/classes:rename", { ...named(project), body: { name, to } }));
export const deleteClass = (project: string, name: string) =>
  data(api.POST("/api/v1/vision/projects/{name}/classes:delete", { ...named(project), body: { name } }));

export type Show = "all" | "labelled" | "unlabelled" | "doubtful" | "blurred";
export interface PhotoFilter {
  show?: Show;
  class?: string;
  newest_first?: boolean;
  offset?: number;
  limit?: number;
}
export const listPhotos = (project: string, query: PhotoFilter) =>
  data(api.GET("/api/v1/vision/projects/{name}/photos", { params: { path: { name: project }, query } }));
export const getPhoto = (name: string, sha256: string) =>
  data(api.GET("/api/v1/vision/projects/{name}/photos/{sha256}", { params: { path: { name, sha256 } } }));
export const labelPhotos = (project: string, changes: LabelChange[]) =>
  data(api.POST("/api/v1/vision/projects/{name}/labels", { ...named(project), body: { changes } }));
export const drawBoxes = (project: string, changes: Schemas["BoxesChange"][]) =>
  data(api.POST("/api/v1/vision/projects/{name}/boxes", { ...named(project), body: { changes } }));
export const setRanges = (name: string, sha256: string, body: Schemas["VideoRanges"]) =>
  data(
    api.PUT("/api/v1/vision/projects/{name}/photos/{sha256}/ranges", {
      params: { path: { name, sha256 } },
      body,
    }),
  );
export const removePhotos = (project: string, photos: string[]) =>
  data(api.POST("/api/v1/vision/projects/{name}/photos:remove", { ...named(project), body: { photos } }));
export const restorePhotos = (project: string, photos: string[]) =>
  data(api.POST("/api/v1/vision/projects/{name}/photos:restore", { ...named(project), body: { photos } }));
export const listSuggestions = (project: string, run: string) =>
  data(
    api.GET("/api/v1/vision/projects/{name}/suggestions", {
      params: { path: { name: project }, query: { run } },
    }),
  );

export const thumbnailUrl = (sha256: string) => `/api/v1/vision/pictures/${sha256}/thumbnail`;
export const stripUrl = (sha256: string) => `/api/v1/vision/pictures/${sha256}/strip`;
export const pictureUrl = (sha256: string) => `/api/v1/vision/pictures/${sha256}`;

export const listImports = () => data(api.GET("/api/v1/vision/imports"));
export const getImport = (id: string) =>
  data(api.GET("/api/v1/vision/imports/{import_id}", { params: { path: { import_id: id } } }));
export const dropImport = (id: string) =>
  data(api.DELETE("/api/v1/vision/imports/{import_id}", { params: { path: { import_id: id } } }));

export interface Upload {
  project: string;
  file: string;
  body: Blob;
  /** What all of it shows, whatever folder it lies in. */
  label?: string;
  progress?: (share: number) => void;
  /** Breaks the sending off. */
  signal?: AbortSignal;
}
/** By XMLHttpRequest: fetch does not tell how much of a body has gone. */
export function sendPhotos({ project, file, body, label, progress, signal }: Upload): Promise<ImportView> {
  const query = new URLSearchParams({ file, ...(label ? { class: label } : {}) });
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    request.open("POST", `/api/v1/vision/projects/${encodeURIComponent(project)}/imports?${query}`);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.responseType = "json";
    request.upload.onprogress = (event) => event.lengthComputable && progress?.(event.loaded / event.total);
    request.onload = () => {
      connection.report(true);
      if (request.status === 401) connection.locked = true;
      if (request.status < 300) resolve(request.response as ImportView);
      else reject(problemFrom(request.status, request.response));
    };
    request.onerror = () => {
      connection.report(false);
      reject(offlineError());
    };
    request.onabort = () => reject(signal?.reason);
    signal?.addEventListener("abort", () => request.abort());
    if (signal?.aborted) reject(signal.reason);
    else request.send(body);
  });
}

export const getVisionSettings = () => data(api.GET("/api/v1/vision/schema"));
export const startVisionTraining = (body: VisionTraining) =>
  data(api.POST("/api/v1/vision/trainings", { body }));
export const listTrainings = (project: string) =>
  data(api.GET("/api/v1/vision/projects/{name}/trainings", named(project))) as Promise<unknown> as Promise<
    ProjectTraining[]
  >;
export const getEvaluation = (run: string) =>
  data(
    api.GET("/api/v1/vision/trainings/{run_id}/evaluation", at(run)),
  ) as Promise<unknown> as Promise<VisionEvaluation>;

export interface JudgedFilter {
  label?: string;
  predicted?: string;
  /** Only wrongly judged ones, the surest first. */
  wrong?: boolean;
  offset?: number;
  limit?: number;
}
export const listJudged = (run: string, query: JudgedFilter = {}) =>
  data(api.GET("/api/v1/vision/trainings/{run_id}/judged", { params: { path: { run_id: run }, query } }));

// Why, and what then: each computes for seconds when it is asked.

export type SaliencyView = Schemas["SaliencyView"];
export type NeighboursView = Schemas["NeighboursView"];
export type FewShotView = Omit<Schemas["FewShotView"], "interval" | "points"> & {
  interval: Interval;
  points: (Omit<Schemas["FewShotPoint"], "interval"> & { interval: Interval })[];
};
export type UnknownView = Omit<Schemas["UnknownView"], "classes"> & {
  classes: (Omit<Schemas["UnknownClassView"], "interval"> & { interval: Interval })[];
};
export const getSaliency = (run: string, photo: string, label?: string, against?: string) =>
  data(
    api.GET("/api/v1/vision/trainings/{run_id}/saliency", {
      params: { path: { run_id: run }, query: { photo, label, against } },
    }),
  );
export const listNeighbours = (run: string, photo: string, count = 8) =>
  data(
    api.GET("/api/v1/vision/trainings/{run_id}/neighbours", {
      params: { path: { run_id: run }, query: { photo, count } },
    }),
  );
export const getFewShot = (run: string) =>
  data(
    api.GET("/api/v1/vision/trainings/{run_id}/few-shot", at(run)),
  ) as Promise<unknown> as Promise<FewShotView>;
export const getUnknown = (run: string) =>
  data(
    api.GET("/api/v1/vision/trainings/{run_id}/unknown", at(run)),
  ) as Promise<unknown> as Promise<UnknownView>;

export const classifyPhoto = (run: string, file: Blob, name: string) =>
  data(
    api.POST("/api/v1/vision/trainings/{run_id}/classify", {
      params: { path: { run_id: run }, query: { file: name } },
      ...binary(file),
    }),
  );
export const classifyClip = (run: string, file: Blob, name: string) =>
  data(
    api.POST("/api/v1/vision/trainings/{run_id}/classify:clip", {
      params: { path: { run_id: run }, query: { file: name } },
      ...binary(file),
    }),
  );
export const classifyFrame = (run: string, frame: ImageData) =>
  data(
    api.POST("/api/v1/vision/trainings/{run_id}/classify:frame", {
      params: { path: { run_id: run }, query: { width: frame.width, height: frame.height } },
      ...binary(frame.data as BodyInit),
    }),
  );
