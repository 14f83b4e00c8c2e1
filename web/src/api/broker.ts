// What the card of the MQTT broker asks of the server.
import { api, data } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type BrokerView = Schemas["BrokerView"];
export type BrokerAccount = Schemas["BrokerAccount"];
export type MadeBrokerAccount = Schemas["MadeBrokerAccount"];

export const getBroker = () => data(api.GET("/api/v1/vision/broker"));
export const switchBroker = (on: boolean, port?: number) =>
  data(api.PUT("/api/v1/vision/broker", { body: port === undefined ? { on } : { on, port } }));
export const addBrokerAccount = (name: string) =>
  data(api.POST("/api/v1/vision/broker/accounts", { body: { name } }));
export const removeBrokerAccount = (name: string) =>
  data(api.DELETE("/api/v1/vision/broker/accounts/{name}", { params: { path: { name } } }));
