// What the gallery of templates asks of the server, and what is asked of an anomaly model's training.
import { api, data } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type TemplateView = Schemas["TemplateView"];
export type MakingView = Schemas["TemplateMaking"];
export type OddPhoto = Schemas["OddPhoto"];
/** openapi-typescript widens tuples such as [low, high] to number[] in answers; these are what they are. */
type Interval = [number, number];
export type OddReport = Omit<Schemas["OddReport"], "interval" | "alarm_interval" | "found_interval"> & {
  interval: Interval | null;
  alarm_interval: Interval;
  found_interval: Interval | null;
};

export const listTemplates = () => data(api.GET("/api/v1/vision/templates"));
export const templatePictureUrl = (id: string) => `/api/v1/vision/templates/${id}/picture`;
export const makeFromTemplate = (id: string) =>
  data(
    api.POST("/api/v1/vision/templates/{template_id}/makings", {
      params: { path: { template_id: id } },
      body: {},
    }),
  );
const making = (id: string) => ({ params: { path: { making_id: id } } });
export const getMaking = (id: string) => data(api.GET("/api/v1/vision/makings/{making_id}", making(id)));
export const dropMaking = (id: string) => data(api.DELETE("/api/v1/vision/makings/{making_id}", making(id)));

export const listOddities = (run: string) =>
  data(
    api.GET("/api/v1/vision/trainings/{run_id}/oddities", { params: { path: { run_id: run } } }),
  ) as Promise<unknown> as Promise<OddReport>;
