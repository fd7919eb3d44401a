/**
 * Compiles the JSON Schema of an OCSF class from a checkout of https://github.com/ocsf/ocsf-schema, as its schema server does:
 * `node scripts/compile-ocsf-schema.ts CHECKOUT compliance_finding cloud > schema.json`. The tests judge OCSF files by the result.
 */
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

/** An attribute of a class or object, merged with its entry in the dictionary. */
type OcsfAttribute = {
  readonly type: string;
  readonly is_array?: boolean;
  readonly requirement?: "required" | "recommended" | "optional";
  /** Only events with this profile have the attribute; null for all events. */
  readonly profile?: string | null;
  readonly enum?: Readonly<Record<string, unknown>>;
};

/** A class, an object or a profile, as its file has it. */
type OcsfDefinition = {
  readonly name: string;
  readonly extends?: string;
  readonly category?: string;
  readonly uid?: number;
  readonly constraints?: Readonly<Record<"at_least_one" | "just_one", readonly string[] | undefined>>;
  readonly attributes: Readonly<Record<string, unknown>> & { readonly $include?: string | readonly string[] };
};

type OcsfType = {
  readonly type?: string;
  readonly regex?: string;
  readonly max_len?: number;
  readonly range?: readonly [number, number];
};

type OcsfSchema = Readonly<Record<string, unknown>>;

const [checkout = "", className = "", ...profiles] = process.argv.slice(2);
const read = <T>(file: string): T => JSON.parse(readFileSync(join(checkout, file), "utf8"));
const { version } = read<{ version: string }>("version.json");
const dictionary = read<{ attributes: Record<string, object>; types: { attributes: Record<string, OcsfType> } }>(
  "dictionary.json",
);
const categories = read<{ attributes: Record<string, { uid: number }> }>("categories.json").attributes;
const definitions = new Map(
  globSync(["events/**/*.json", "objects/*.json"], { cwd: checkout }).map((file) => [
    basename(file, ".json"),
    read<OcsfDefinition>(file),
  ]),
);

const primitives: Readonly<Record<string, OcsfSchema>> = {
  string_t: { type: "string" },
  boolean_t: { type: "boolean" },
  integer_t: { type: "integer" },
  long_t: { type: "integer" },
  float_t: { type: "number" },
  json_t: {},
};

const compiled = new Map<string, OcsfSchema>();
const { category = "", uid = 0, attributes } = resolve(className);
const classUid = (categories[category]?.uid ?? 0) * 1000 + uid;
const activities = Object.keys((attributes.activity_id as OcsfAttribute).enum ?? {}).map(Number);
const event = compile(className);
const schema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  $id: `https://schema.ocsf.io/schema/${version}/classes/${className}?profiles=${profiles.join()}`,
  $comment: `Compiled from https://github.com/ocsf/ocsf-schema, version ${version}. Copyright OCSF a Series of LF Projects, LLC. Licensed under the Apache License 2.0.`,
  ...event,
  properties: {
    ...(event.properties as OcsfSchema),
    class_uid: { const: classUid },
    category_uid: { const: categories[category]?.uid },
    type_uid: { enum: activities.map((activity) => classUid * 100 + activity) },
  },
  definitions: Object.fromEntries([...compiled].filter(([name]) => name !== className).sort()),
};
console.log(JSON.stringify(schema));

/** A definition with what it inherits, and only the attributes of the profiles. */
function resolve(name: string): OcsfDefinition {
  const own = definitions.get(name);
  if (own === undefined) throw new Error(`${checkout} has no class or object "${name}".`);
  const parent = own.extends === undefined ? { attributes: {} } : resolve(own.extends);
  const { $include = [], ...attributes } = own.attributes;
  const included = [$include].flat().map((file) => {
    const profile = read<OcsfDefinition & { meta?: string }>(file);
    return Object.fromEntries(
      Object.entries(profile.attributes).map(([attribute, value]) => [
        attribute,
        { profile: profile.name, ...(value as object) },
      ]),
    );
  });
  const merged = [...included, attributes].reduce(merge, parent.attributes);
  return { ...parent, ...own, attributes: merged };
}

/** Merges objects and their fields; the latter wins. */
function merge(one: OcsfSchema, other: OcsfSchema): OcsfSchema {
  const isObject = (value: unknown): value is OcsfSchema =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  const fields = Object.entries(other).map(([name, value]) => {
    const earlier = one[name];
    return [name, isObject(earlier) && isObject(value) ? merge(earlier, value) : value];
  });
  return { ...one, ...Object.fromEntries(fields) };
}

function compile(name: string): OcsfSchema {
  const { attributes, constraints } = resolve(name);
  const used = Object.entries(attributes).flatMap(([attribute, value]) => {
    const merged = merge(
      { ...dictionary.attributes[attribute] } as OcsfSchema,
      value as OcsfSchema,
    ) as unknown as OcsfAttribute;
    const { profile = null } = merged;
    return profile === null || profiles.includes(profile) ? [[attribute, merged] as const] : [];
  });
  const required = used.flatMap(([attribute, { requirement }]) => (requirement === "required" ? [attribute] : []));
  const oneOf = constraints?.just_one?.map((attribute) => ({ required: [attribute] }));
  const anyOf = constraints?.at_least_one?.map((attribute) => ({ required: [attribute] }));
  return {
    type: "object",
    properties: Object.fromEntries(used.map(([attribute, value]) => [attribute, toSchema(value)])),
    ...(required.length > 0 && { required: required.sort() }),
    ...(oneOf && { oneOf }),
    ...(anyOf && { anyOf }),
    additionalProperties: false,
  };
}

function toSchema({ type, is_array: isArray = false, enum: values }: OcsfAttribute): OcsfSchema {
  const one = type in dictionary.types.attributes ? toPrimitive(type, values) : toReference(type);
  return isArray ? { type: "array", items: one } : one;
}

/** The schema of a data type, which narrows another one. */
function toPrimitive(name: string, values?: OcsfAttribute["enum"]): OcsfSchema {
  const { type, regex, max_len: maxLength, range } = dictionary.types.attributes[name] ?? {};
  const base = primitives[type ?? name];
  if (base === undefined) throw new Error(`There is no primitive type for "${name}".`);
  const isNumber = base.type === "integer";
  return {
    ...base,
    ...(regex !== undefined && { pattern: regex }),
    ...(maxLength !== undefined && { maxLength }),
    ...(range !== undefined && { minimum: range[0], maximum: range[1] }),
    ...(values !== undefined && { enum: Object.keys(values).map((value) => (isNumber ? Number(value) : value)) }),
  };
}

/** A reference to an object, which is compiled once. The object `object` has any fields. */
function toReference(name: string): OcsfSchema {
  if (name === "object") return { type: "object" };
  if (!compiled.has(name)) {
    // Objects contain each other.
    compiled.set(name, {});
    compiled.set(name, compile(name));
  }
  return { $ref: `#/definitions/${name}` };
}
