// A config's JSON Schema, as pydantic writes it, turned into fields that a form can show.
//
// Every hyperparameter is declared once, in Python; title, description, unit, bounds and "what more and less of it does"
// come from there. Pure functions; ConfigForm.svelte only lays out.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Config = { [key: string]: Json };

export interface Field {
  /** Where the value lies in the config: ["car", "network"]. */
  path: string[];
  key: string;
  kind: "number" | "choice" | "switch" | "text" | "list" | "fixed";
  title: string;
  description: string;
  group: string;
  unit: string;
  more: string;
  less: string;
  advanced: boolean;
  /** May be empty, meaning "no limit". */
  optional: boolean;
  integer: boolean;
  log: boolean;
  min: number;
  max: number;
  exclusiveMin: boolean;
  exclusiveMax: boolean;
  choices: (string | number)[];
  /** What a text, or each text of a list, has to look like; empty: anything. */
  pattern: string;
  /** What is picked where no number is typed, such as "program", an instrument. */
  picks: string;
  /** A list of whole numbers between these. */
  items: { min: number; max: number } | null;
  initial: Json;
}

export interface Schema {
  $defs?: Record<string, Schema>;
  $ref?: string;
  type?: string;
  properties?: Record<string, Schema>;
  anyOf?: Schema[];
  allOf?: Schema[];
  enum?: (string | number)[];
  pattern?: string;
  items?: Schema;
  const?: string | number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  default?: Json;
  title?: string;
  description?: string;
  group?: string;
  unit?: string;
  more?: string;
  less?: string;
  advanced?: boolean;
  log?: boolean;
  picks?: string;
}

function resolve(schema: Schema, root: Schema): Schema {
  const target = schema.$ref ?? (schema.allOf?.length === 1 ? schema.allOf[0]?.$ref : undefined);
  if (!target) return schema;
  const found = root.$defs?.[target.replace("#/$defs/", "")];
  return found ? { ...found, ...schema, $ref: undefined, allOf: undefined } : schema;
}

function bounds(schema: Schema) {
  return {
    min: schema.minimum ?? schema.exclusiveMinimum ?? Number.NEGATIVE_INFINITY,
    max: schema.maximum ?? schema.exclusiveMaximum ?? Number.POSITIVE_INFINITY,
    exclusiveMin: schema.exclusiveMinimum !== undefined,
    exclusiveMax: schema.exclusiveMaximum !== undefined,
  };
}

function kindOf(schema: Schema): Field["kind"] {
  if (schema.const !== undefined || schema.enum?.length === 1) return "fixed";
  if (schema.enum) return "choice";
  if (schema.type === "boolean") return "switch";
  if (schema.type === "number" || schema.type === "integer") return "number";
  if (schema.type === "array") return "list";
  return "text";
}

function itemsOf({ items }: Schema): Field["items"] {
  const number = [items, ...(items?.anyOf ?? [])].find((item) => item?.type === "integer");
  if (!number) return null;
  const { min, max } = bounds(number);
  return Number.isFinite(min) && Number.isFinite(max) ? { min, max } : null;
}

function toField(path: string[], outer: Schema, root: Schema): Field {
  const options = (outer.anyOf ?? []).map((option) => resolve(option, root));
  const optional = options.some((option) => option.type === "null");
  const inner = options.find((option) => option.type !== "null") ?? outer;
  return {
    path,
    key: path.join("."),
    kind: kindOf(inner),
    title: outer.title ?? path[path.length - 1] ?? "",
    description: outer.description ?? "",
    group: outer.group ?? "",
    unit: outer.unit ?? "",
    more: outer.more ?? "",
    less: outer.less ?? "",
    advanced: outer.advanced ?? false,
    optional,
    integer: inner.type === "integer" || (inner.enum?.every((value) => Number.isInteger(value)) ?? false),
    log: outer.log ?? false,
    ...bounds(inner),
    choices: inner.enum ?? (inner.const === undefined ? [] : [inner.const]),
    picks: outer.picks ?? "",
    pattern: inner.pattern ?? inner.items?.pattern ?? "",
    items: itemsOf(inner),
    initial: outer.default ?? inner.const ?? null,
  };
}

/** All fields of a config in their declared order; nested objects are walked into. */
export function fieldsOf(root: Schema): Field[] {
  const walk = (schema: Schema, path: string[]): Field[] =>
    Object.entries(schema.properties ?? {}).flatMap(([name, raw]) => {
      const property = resolve(raw, root);
      const here = [...path, name];
      return property.properties ? walk(property, here) : [toField(here, property, root)];
    });
  return walk(root, []);
}

export function getAt(config: Config, path: readonly string[]): Json | undefined {
  let value: Json | undefined = config;
  for (const part of path) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    value = value[part];
  }
  return value;
}

/** A copy of the config with one value changed; what did not change is shared. */
export function setAt(config: Config, path: readonly string[], value: Json): Config {
  const [first, ...rest] = path;
  if (first === undefined) return config;
  if (rest.length === 0) return { ...config, [first]: value };
  const child = config[first];
  const inside = typeof child === "object" && child !== null && !Array.isArray(child) ? child : {};
  return { ...config, [first]: setAt(inside, rest, value) };
}

export function defaultsOf(fields: readonly Field[]): Config {
  return fields.reduce<Config>((config, field) => setAt(config, field.path, field.initial), {});
}

/** The defaults with what `saved` knows laid over them; unknown and misfitting entries are dropped. */
export function withDefaults(fields: readonly Field[], saved: Config): Config {
  return fields.reduce<Config>((config, field) => {
    const value = getAt(saved, field.path);
    return value === undefined || problemOf(field, value) ? config : setAt(config, field.path, value);
  }, defaultsOf(fields));
}

/** The config with exactly these fields: as they were entered, right or wrong, and the defaults where nothing was. */
export function laidOut(fields: readonly Field[], entered: Config): Config {
  return fields.reduce<Config>((config, { path, initial }) => {
    const value = getAt(entered, path);
    return setAt(config, path, value === undefined ? initial : value);
  }, {});
}

/** The headings of a form, in the order in which its fields name them. */
export function groupsOf(
  fields: readonly Field[],
  known: Record<string, [title: string, text?: string]>,
): { id: string; title: string; text?: string }[] {
  return [...new Set(fields.map((field) => field.group))].map((id) => {
    const [title, text] = known[id] ?? [id.charAt(0).toUpperCase() + id.slice(1)];
    return { id, title, text };
  });
}

export const seedProblem = (seed: number): string[] =>
  Number.isInteger(seed) && seed >= 0 ? [] : ["The seed is a whole number from 0."];

/** What is wrong with a value, as a sentence, or null. */
export function problemOf(field: Field, value: Json | undefined): string | null {
  if (field.kind === "list" || field.kind === "fixed") return null;
  if (value === null || value === undefined || value === "") {
    return field.optional ? null : `${field.title} needs a value.`;
  }
  if (field.kind === "choice") {
    return field.choices.includes(value as string | number)
      ? null
      : `${field.title} is one of ${field.choices.join(", ")}.`;
  }
  if (field.kind === "switch") return typeof value === "boolean" ? null : `${field.title} is on or off.`;
  return field.kind === "number" ? numberProblem(field, value) : null;
}

function numberProblem(field: Field, value: Json): string | null {
  if (typeof value !== "number" || !Number.isFinite(value)) return `${field.title} needs a number.`;
  if (field.integer && !Number.isInteger(value)) return `${field.title} is a whole number.`;
  const low = value < field.min || (field.exclusiveMin && value === field.min);
  const high = value > field.max || (field.exclusiveMax && value === field.max);
  return low || high ? `${field.title} lies ${rangeText(field)}.` : null;
}

/** "between 3 and 10 s", "above 0 min". */
export function rangeText(field: Field): string {
  const unit = field.unit ? ` ${field.unit}` : "";
  const [hasMin, hasMax] = [Number.isFinite(field.min), Number.isFinite(field.max)];
  if (hasMin && hasMax) return `between ${field.min} and ${field.max}${unit}`;
  if (hasMin) return field.exclusiveMin ? `above ${field.min}${unit}` : `at ${field.min}${unit} or more`;
  return hasMax ? `at ${field.max}${unit} or less` : "in any range";
}

export function problemsOf(fields: readonly Field[], config: Config): Record<string, string> {
  const problems: Record<string, string> = {};
  for (const field of fields) {
    const problem = problemOf(field, getAt(config, field.path));
    if (problem) problems[field.key] = problem;
  }
  return problems;
}

/** A slider helps only where both ends are known and near enough to aim at. */
export function hasSlider(field: Field): boolean {
  if (field.kind !== "number" || field.optional) return false;
  if (!Number.isFinite(field.min) || !Number.isFinite(field.max)) return false;
  return field.log || !field.integer || field.max - field.min <= 1000;
}

const SLIDER_STEPS = 1000;

/** Slider position 0..1000 of a value, and back; logarithmic where the field asks for it. */
export function toSlider(field: Field, value: number): number {
  const [from, to] = field.log ? [Math.log(field.min), Math.log(field.max)] : [field.min, field.max];
  const at = field.log ? Math.log(Math.max(value, field.min)) : value;
  return Math.round(((at - from) / (to - from || 1)) * SLIDER_STEPS);
}

export function fromSlider(field: Field, position: number): number {
  const share = position / SLIDER_STEPS;
  if (field.log) {
    const from = Math.log(field.min);
    return Number(Math.exp(from + share * (Math.log(field.max) - from)).toPrecision(2));
  }
  const value = field.min + share * (field.max - field.min);
  return field.integer ? Math.round(value) : roundTo(value, niceStep(field.max - field.min));
}

/** 1, 2 or 5 times a power of ten, about a hundredth of the span. */
export function niceStep(span: number): number {
  const raw = span / 100;
  const power = 10 ** Math.floor(Math.log10(raw));
  const lead = raw / power;
  return (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10) * power;
}

function roundTo(value: number, step: number): number {
  return Number((Math.round(value / step) * step).toPrecision(12));
}

/** The entries in which two configs differ: [key, left, right]. */
export function differences(left: Config, right: Config, path = ""): [string, Json, Json][] {
  const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  return keys.flatMap((key) => {
    const [a, b] = [left[key] ?? null, right[key] ?? null];
    const here = path ? `${path}.${key}` : key;
    if (isObject(a) && isObject(b)) return differences(a, b, here);
    return JSON.stringify(a) === JSON.stringify(b) ? [] : [[here, a, b] as [string, Json, Json]];
  });
}

function isObject(value: Json): value is Config {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
