// What the pages ask about the detector that others have trained.
import { api, data } from "./client";
import type { components } from "./schema";

export type ReadyMadeView = components["schemas"]["ReadyMadeView"];

const named = (name: string) => ({ params: { path: { name } } });
export const getReadyMade = () => data(api.GET("/api/v1/vision/ready-made"));
export const getReadyMadeFor = (project: string) =>
  data(api.GET("/api/v1/vision/projects/{name}/ready-made", named(project)));
/** A finished model of the project; without `classes` it finds those of the project that it knows. */
export const makeReady = (project: string, classes?: string[]) =>
  data(
    api.POST("/api/v1/vision/projects/{name}/ready-made", {
      ...named(project),
      body: classes ? { classes } : {},
    }),
  );
