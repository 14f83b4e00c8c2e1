// What the pages of devices ask of the server.
import { api, data } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type DeviceView = Schemas["DeviceView"];
export type ProjectOnDevice = Schemas["ProjectOnDevice"];
export type JoinCode = Schemas["JoinCode"];
export type DeviceEvent = Schemas["DeviceEvent"];
export type Setup = Schemas["Setup"];
export type Deployment = Schemas["Deployment"];

const of = (device: string) => ({ params: { path: { device_id: device } } });
const on = (device: string, project: string) => ({ params: { path: { device_id: device, project } } });

export const listDevices = () => data(api.GET("/api/v1/vision/devices"));
export const useThisMachine = () => data(api.POST("/api/v1/vision/devices/here"));
export const newDeviceCode = () => data(api.POST("/api/v1/vision/devices/codes"));
export const revokeDevice = (device: string) =>
  data(api.DELETE("/api/v1/vision/devices/{device_id}", of(device)));
export const deployTo = (device: string, body: Deployment) =>
  data(api.POST("/api/v1/vision/devices/{device_id}/projects", { ...of(device), body }));
export const setUpOn = (device: string, project: string, body: Setup) =>
  data(
    api.PUT("/api/v1/vision/devices/{device_id}/projects/{project}/setup", { ...on(device, project), body }),
  );
export const rollBackOn = (device: string, project: string) =>
  data(api.POST("/api/v1/vision/devices/{device_id}/projects/{project}/rollback", on(device, project)));
export const removeFrom = (device: string, project: string) =>
  data(api.DELETE("/api/v1/vision/devices/{device_id}/projects/{project}", on(device, project)));
export const listDeviceEvents = (query: { device?: string; kind?: string; limit?: number } = {}) =>
  data(api.GET("/api/v1/vision/devices/events", { params: { query } }));
