// What the pages of training sets and trainings of music ask of the server.
import { api, data } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type SetSummary = Schemas["SetSummary"];
export type SetReport = Schemas["SetReport"];
export type SetPiece = Schemas["SetPiece"];
export type LeftOut = Schemas["LeftOut"];
export type PieceFacts = Schemas["PieceFacts"];
export type SetSource = Schemas["SetSource"];
export type NewSet = Schemas["NewSet"];
export type MakingView = Schemas["MakingView"];
export type MusicTraining = Schemas["MusicTraining"];
export type TrainingSample = Schemas["TrainingSample"];
export type TrainingSamples = Schemas["TrainingSamples"];
export type MeasureRow = Schemas["MeasureRow"];

const named = (name: string) => ({ params: { path: { name } } });
const at = (run: string) => ({ params: { path: { run_id: run } } });

export const listSets = () => data(api.GET("/api/v1/music/sets"));
export const listSources = () => data(api.GET("/api/v1/music/set-sources"));
export const getSet = (name: string) => data(api.GET("/api/v1/music/sets/{name}", named(name)));
export const getSetPiece = (name: string, index: number) =>
  data(api.GET("/api/v1/music/sets/{name}/pieces/{index}", { params: { path: { name, index } } }));
export const deleteSet = (name: string) => data(api.DELETE("/api/v1/music/sets/{name}", named(name)));
export const makeSet = (body: NewSet) => data(api.POST("/api/v1/music/sets", { body }));

export interface SetUpload {
  name: string;
  file: string;
  seed: number;
  licence?: string;
}
/** The bytes go as they are; OpenAPI has no better name for them than a string. */
export const uploadSet = (query: SetUpload, file: Blob) =>
  data(
    api.POST("/api/v1/music/sets:upload", {
      params: { query },
      headers: { "content-type": "application/octet-stream" },
      body: file as unknown as string,
      bodySerializer: (body: unknown) => body as Blob,
    }),
  );

export const listMakings = () => data(api.GET("/api/v1/music/makings"));
export const dropMaking = (id: string) =>
  data(api.DELETE("/api/v1/music/makings/{making_id}", { params: { path: { making_id: id } } }));

export const getMusicSettings = () => data(api.GET("/api/v1/music/schema"));
export const startMusicTraining = (body: MusicTraining) =>
  data(api.POST("/api/v1/music/trainings", { body }));
export const listSamples = (run: string) =>
  data(api.GET("/api/v1/music/trainings/{run_id}/samples", at(run)));
/** openapi-fetch widens tuples such as [low, high] to number[]; the schema's own type is the true one. */
export const getSample = (run: string, step: number) =>
  data(
    api.GET("/api/v1/music/trainings/{run_id}/samples/{step}", { params: { path: { run_id: run, step } } }),
  ) as Promise<unknown> as Promise<TrainingSample>;
