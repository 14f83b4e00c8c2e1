// What the music pages ask of the server.
import { api, data } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type Composition = Schemas["Composition"];
export type CompositionSummary = Schemas["CompositionSummary"];
export type CompositionView = Schemas["CompositionView"];
export type NewComposition = Schemas["NewComposition"];
export type TuneView = Schemas["TuneView"];
export type FileReport = Schemas["FileReport"];
export type TechniqueView = Schemas["TechniqueView"];
export type ComposingRequest = Schemas["ComposingRequest"];
export type ComposingView = Schemas["ComposingView"];
export type FileFormat = "midi" | "musicxml" | "project" | "json";

const at = (composition: string) => ({ params: { path: { composition_id: composition } } });

export const listTunes = () => data(api.GET("/api/v1/music/tunes"));
export const listCompositions = (cursor?: string) =>
  data(api.GET("/api/v1/music/compositions", { params: { query: { limit: 24, cursor } } }));
export const getComposition = (id: string) =>
  data(api.GET("/api/v1/music/compositions/{composition_id}", at(id)));
export const createComposition = (body: NewComposition) =>
  data(api.POST("/api/v1/music/compositions", { body }));
export const saveComposition = (id: string, version: number, composition: Composition) =>
  data(api.PUT("/api/v1/music/compositions/{composition_id}", { ...at(id), body: { version, composition } }));
export const renameComposition = (id: string, title: string) =>
  data(api.PATCH("/api/v1/music/compositions/{composition_id}", { ...at(id), body: { title } }));
export const deleteComposition = (id: string) =>
  data(api.DELETE("/api/v1/music/compositions/{composition_id}", at(id)));
export const getTree = (id: string) =>
  data(api.GET("/api/v1/music/compositions/{composition_id}/tree", at(id)));
export const shareComposition = (id: string, shared: boolean) =>
  data(api.POST("/api/v1/music/compositions/{composition_id}/share", { ...at(id), body: { shared } }));
export const getShared = (token: string) =>
  data(api.GET("/api/v1/music/shared/{token}", { params: { path: { token } } }));

export const listTechniques = () => data(api.GET("/api/v1/music/techniques"));
export const startComposing = (body: ComposingRequest) =>
  data(api.POST("/api/v1/music/composings", { body }));
export const getComposing = (run: string) =>
  data(api.GET("/api/v1/music/composings/{run_id}", { params: { path: { run_id: run } } }));
export const keepComposing = (run: string, takenBack: number[]) =>
  data(
    api.POST("/api/v1/music/composings/{run_id}/keep", {
      params: { path: { run_id: run } },
      body: { taken_back: takenBack },
    }),
  );

/** A file goes as it is; OpenAPI has no better name for bytes than a string. */
const bytes = (file: Blob) => ({
  headers: { "content-type": "application/octet-stream" },
  body: file as unknown as string,
  bodySerializer: (body: unknown) => body as Blob,
});

export const lookIntoFile = (file: File) =>
  data(api.POST("/api/v1/music/files:look", { params: { query: { name: file.name } }, ...bytes(file) }));

export interface FileChoice {
  tracks: number[];
  first_bar: number;
  last_bar: number;
  strength: number;
}
export const importFile = (file: File, { tracks, ...choice }: FileChoice) =>
  data(
    api.POST("/api/v1/music/compositions:import", {
      params: { query: { name: file.name, tracks: tracks.join(","), ...choice } },
      ...bytes(file),
    }),
  );

export const compositionFileUrl = (id: string, format: FileFormat) =>
  `/api/v1/music/compositions/${encodeURIComponent(id)}/file?format=${format}`;
