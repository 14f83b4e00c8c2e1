// What the pages of inference functions ask of the server.
import { api, data } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type FunctionView = Schemas["FunctionView"];
export type FunctionVersion = Schemas["FunctionVersion"];
export type FunctionTrial = Schemas["FunctionTrial"];
export type TriedFunction = Schemas["TriedFunction"];
export type TriedFrame = Schemas["TriedFrame"];
export type SaidLine = Schemas["SaidLine"];

const named = (name: string) => ({ params: { path: { name } } });

export const listFunctions = () => data(api.GET("/api/v1/vision/functions"));
export const getFunction = (name: string, version?: string) =>
  data(api.GET("/api/v1/vision/functions/{name}", { params: { path: { name }, query: { version } } }));
/** `seen` is the version that was changed, "" for a new function; 409 where another was saved meanwhile. */
export const saveFunction = (name: string, code: string, seen: string, note = "") =>
  data(api.PUT("/api/v1/vision/functions/{name}", { ...named(name), body: { code, note, seen } }));
export const restoreFunction = (name: string, version: string) =>
  data(api.POST("/api/v1/vision/functions/{name}/restore", { ...named(name), body: { version } }));
export const deleteFunction = (name: string) =>
  data(api.DELETE("/api/v1/vision/functions/{name}", named(name)));
export const tryFunction = (body: FunctionTrial) => data(api.POST("/api/v1/vision/functions:try", { body }));
