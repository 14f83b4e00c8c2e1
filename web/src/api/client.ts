// Every request that pages make, one function each, typed by the server's OpenAPI. Failed answers are thrown as ApiError.
import createClient from "openapi-fetch";
import { connection } from "./connection.svelte";
import { offlineError, problemFrom } from "./problem";
import type { paths } from "./schema";
import type { MetricRows, NewEvaluation, NewTraining, RunFile, TrackView } from "./types";

export const api = createClient<paths>({ baseUrl: "", fetch: (request) => reached(fetch(request)) });

/** Notes whether the server answered at all. */
async function reached(asked: Promise<Response>): Promise<Response> {
  try {
    const answer = await asked;
    connection.report(true);
    if (answer.status === 401) connection.locked = true;
    return answer;
  } catch {
    connection.report(false);
    throw offlineError();
  }
}

/** What openapi-fetch gives, as the data or as a thrown ApiError. */
export async function data<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data: body, error, response } = await asked;
  if (!response.ok) throw problemFrom(response.status, error);
  return body as T;
}

/** The bytes go as they are; OpenAPI has no better name for them than a string. */
export const binary = (body: BodyInit) => ({
  headers: { "content-type": "application/octet-stream" },
  body: body as unknown as string,
  bodySerializer: (given: unknown) => given as BodyInit,
});

export const getSystem = () => data(api.GET("/api/v1/system"));
export const getStudios = () => data(api.GET("/api/v1/studios"));

// Runs

const at = (run: string) => ({ params: { path: { run_id: run } } });

export interface RunFilter {
  studio?: string;
  kind?: string;
  limit?: number;
  cursor?: string;
}
export const listRuns = (query: RunFilter = {}) => data(api.GET("/api/v1/runs", { params: { query } }));
export const getRun = (run: string) => data(api.GET("/api/v1/runs/{run_id}", at(run)));
export const renameRun = (run: string, name: string) =>
  data(api.PATCH("/api/v1/runs/{run_id}", { ...at(run), body: { name } }));
export const deleteRun = (run: string) => data(api.DELETE("/api/v1/runs/{run_id}", at(run)));
export const stopRun = (run: string) => data(api.POST("/api/v1/runs/{run_id}/stop", at(run)));
export const resumeRun = (run: string) => data(api.POST("/api/v1/runs/{run_id}/resume", at(run)));

export async function getMetrics(run: string): Promise<MetricRows> {
  const { rows } = await data(api.GET("/api/v1/runs/{run_id}/metrics", at(run)));
  return rows as MetricRows;
}

export interface EventFilter {
  after?: number;
  kind?: string;
  name?: string;
  limit?: number;
}
export const getEvents = (run: string, query: EventFilter = {}) =>
  data(api.GET("/api/v1/runs/{run_id}/events", { params: { path: { run_id: run }, query } }));

export async function compareRuns(runs: string[]) {
  const answer = await data(api.GET("/api/v1/runs/compare", { params: { query: { ids: runs.join(",") } } }));
  return { runs: answer.runs, metrics: answer.metrics as Record<string, MetricRows> };
}

// Files of a run

export const getFiles = (run: string): Promise<RunFile[]> =>
  data(api.GET("/api/v1/runs/{run_id}/files", at(run)));

export const fileUrl = (run: string, path: string) =>
  `/api/v1/runs/${encodeURIComponent(run)}/files/${path.split("/").map(encodeURIComponent).join("/")}`;

export async function getTextFile(run: string, path: string): Promise<string> {
  const answer = await reached(fetch(fileUrl(run, path)));
  if (!answer.ok) throw problemFrom(answer.status, await answer.json().catch(() => null));
  return answer.text();
}

export async function getJsonFile<T>(run: string, path: string): Promise<T> {
  return JSON.parse(await getTextFile(run, path)) as T;
}

// Racing

// openapi-fetch widens tuples such as [x, y] to number[]; the schema's own type is the true one.
const trackOf = (asked: Promise<unknown>) => asked as Promise<TrackView>;

export const listTracks = () =>
  data(api.GET("/api/v1/racing/tracks")) as Promise<unknown> as Promise<TrackView[]>;
export const getTrack = (track: string) =>
  trackOf(data(api.GET("/api/v1/racing/tracks/{track_id}", { params: { path: { track_id: track } } })));
export const deleteTrack = (track: string) =>
  data(api.DELETE("/api/v1/racing/tracks/{track_id}", { params: { path: { track_id: track } } }));

/** A track file goes as it is; OpenAPI has no better name for bytes than a string. */
const trackFile = (name: string, file: Blob) => ({
  params: { query: { name } },
  headers: { "content-type": "application/octet-stream" },
  body: file as unknown as string,
  bodySerializer: (body: unknown) => body as Blob,
});
export const previewTrack = (name: string, file: Blob) =>
  trackOf(data(api.POST("/api/v1/racing/tracks:preview", trackFile(name, file))));
export const importTrack = (name: string, file: Blob) =>
  trackOf(data(api.POST("/api/v1/racing/tracks", trackFile(name, file))));

export const listRewards = () => data(api.GET("/api/v1/racing/rewards"));
export const saveReward = (name: string, code: string) =>
  data(api.PUT("/api/v1/racing/rewards/{name}", { params: { path: { name } }, body: { code } }));
export const deleteReward = (name: string) =>
  data(api.DELETE("/api/v1/racing/rewards/{name}", { params: { path: { name } } }));
export const validateReward = (code: string, track?: string) =>
  data(api.POST("/api/v1/racing/rewards:validate", { body: { code, track } }));

export const getRacingSchema = () => data(api.GET("/api/v1/racing/schema"));
export const startTraining = (body: NewTraining) => data(api.POST("/api/v1/racing/trainings", { body }));
export const startEvaluation = (body: NewEvaluation) =>
  data(api.POST("/api/v1/racing/evaluations", { body }));
