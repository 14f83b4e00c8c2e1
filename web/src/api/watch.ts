// What the page that watches asks of the server.
import { api, data } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type SeenEvent = Schemas["Event"];
export type Rule = Schemas["Rule"];
export type RuleFired = Schemas["RuleFired"];
export type WatchConfig = Schemas["WatchConfig"];
export type WatchView = Schemas["WatchView"];
export type NewWatch = Schemas["NewWatch"];
export type Action = NonNullable<Rule["then"]>[number];

const at = (watch: string) => ({ params: { path: { watch_id: watch } } });

/** openapi-typescript widens the corners of a box to number[] in answers; they are four. */
const trueTo = <T>(asked: Promise<unknown>) => asked as Promise<T>;

export const listWatches = () => trueTo<WatchView[]>(data(api.GET("/api/v1/vision/watches")));
export const beginWatch = (body: NewWatch) =>
  trueTo<WatchView>(data(api.POST("/api/v1/vision/watches", { body })));
/** A film goes to the studio, which looks at every frame; the source to name in a new watch. */
export const bringFilm = async (film: File): Promise<string> => {
  const brought = await data(
    api.POST("/api/v1/vision/watches:film", {
      params: { query: { file: film.name } },
      headers: { "content-type": "application/octet-stream" },
      body: film as unknown as string,
      bodySerializer: (body: unknown) => body as Blob,
    }),
  );
  return brought.source;
};
export const getWatch = (watch: string) =>
  trueTo<WatchView>(data(api.GET("/api/v1/vision/watches/{watch_id}", at(watch))));
export const stopWatch = (watch: string) => data(api.DELETE("/api/v1/vision/watches/{watch_id}", at(watch)));
export const tryRules = (rules: Rule[], events: SeenEvent[]) =>
  trueTo<RuleFired[]>(data(api.POST("/api/v1/vision/rules:try", { body: { rules, events } })));

export function liveUrl(watch: string): string {
  const url = new URL(`/api/v1/vision/watches/${encodeURIComponent(watch)}/live`, window.location.href);
  url.protocol = url.protocol.replace("http", "ws");
  return url.href;
}
