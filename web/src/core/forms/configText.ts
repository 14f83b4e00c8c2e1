// A run's config as readable rows for the configuration panel. Pure functions.
import { type Config, type Field, getAt, type Json } from "./formModel";

export interface ConfigRow {
  key: string;
  title: string;
  value: string;
  changed: boolean;
}

export function valueText(value: Json | undefined, unit = ""): string {
  if (value === null || value === undefined) return "none";
  if (typeof value === "boolean") return value ? "on" : "off";
  if (Array.isArray(value)) return `${value.length} entries`;
  if (typeof value === "object") return JSON.stringify(value);
  return unit ? `${value} ${unit}` : String(value);
}

export function configRows(fields: readonly Field[], config: Config): ConfigRow[] {
  return fields.map((field) => {
    const value = getAt(config, field.path);
    return {
      key: field.key,
      title: field.title,
      value: valueText(value, field.unit),
      changed: value !== undefined && JSON.stringify(value) !== JSON.stringify(field.initial),
    };
  });
}

/** Parameters of a failed reward call, long lists shortened. */
export function paramText(value: unknown): string {
  if (Array.isArray(value) && value.length > 8)
    return `[${value.slice(0, 3).map(paramText).join(", ")}, … ${value.length} entries]`;
  if (Array.isArray(value)) return `[${value.map(paramText).join(", ")}]`;
  if (typeof value === "number")
    return String(Number.isInteger(value) ? value : Number(value.toPrecision(6)));
  if (typeof value === "boolean") return value ? "True" : "False";
  if (value === null || value === undefined) return "None";
  return typeof value === "string" ? value : JSON.stringify(value);
}
