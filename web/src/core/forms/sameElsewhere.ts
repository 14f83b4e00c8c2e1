// The settings of a form as they stand in a command and in Python. Pure functions.
import { type Config, defaultsOf, differences, type Field, type Json, laidOut, setAt } from "./formModel";

/** The settings in which a config differs from the usual one: [dotted path, value]. */
export function changes(config: Config, fields: readonly Field[]): [string, Json][] {
  return differences(defaultsOf(fields), laidOut(fields, config)).map(([key, , value]) => [key, value]);
}

/** A word of a command, in quotes where a shell would take it apart. */
export const quoted = (text: string): string =>
  /^[\w./=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** "--set folds=7", one for each setting that is not the usual one. */
export const assignments = (config: Config, fields: readonly Field[]): string[] =>
  changes(config, fields).map(
    ([key, value]) =>
      `--set ${quoted(`${key}=${typeof value === "string" ? value : JSON.stringify(value)}`)}`,
  );

/** "folds=7", 'head={"l2": 30}': the same as arguments of a call, objects as deep as the config has them. */
export function keywords(config: Config, fields: readonly Field[]): string[] {
  const changed = changes(config, fields).reduce<Config>(
    (nested, [key, value]) => setAt(nested, key.split("."), value),
    {},
  );
  return Object.entries(changed).map(([key, value]) => `${key}=${literal(value)}`);
}

/** A value as Python writes it. */
export function literal(value: Json): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object") return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}: ${literal(inner)}`);
  return `{${entries.join(", ")}}`;
}
