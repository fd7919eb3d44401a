import { get, isRecord, textOf } from "../json-value.ts";

/** Where a template refers to something: the keys that lead there. */
export type Reference = readonly string[];

/** The references of templates that were asked about, because a template has as many questions as databases. */
const indexes = new WeakMap<object, ReadonlyMap<string, readonly Reference[]>>();

/**
 * Every reference to a parameter or resource: by `Ref`, `Fn::GetAtt`, `Fn::Sub` and `DependsOn`, by name in the metadata of the template, and to
 * a secret by its own name in a dynamic reference.
 */
export function findReferences(root: object, name: string): readonly Reference[] {
  const index = indexes.get(root) ?? indexReferences(root);
  indexes.set(root, index);
  return index.get(name) ?? [];
}

function indexReferences(root: object): ReadonlyMap<string, readonly Reference[]> {
  const index = new Map<string, Reference[]>();
  const secrets = Object.entries(get(root, "Resources") ?? {}).map(
    ([id, one]) => [id, get(get(one, "Properties"), "Name")] as const,
  );
  walk(root, [], (value, path) => {
    const named = secretNamesOf(value);
    const ids = named.flatMap((one) => secrets.flatMap(([id, name]) => (name === one ? [id] : [])));
    for (const name of new Set([...namesOf(value, path), ...ids])) {
      const found = index.get(name);
      if (found === undefined) index.set(name, [path]);
      else found.push(path);
    }
  });
  return index;
}

/** The parameters and resources that an expression refers to. */
export function listReferenced(expression: unknown): readonly string[] {
  const names: string[] = [];
  walk(expression, [], (value, path) => names.push(...namesOf(value, path)));
  return [...new Set(names)];
}

/** The names of the secrets that the dynamic references of an expression read. */
export function listSecretNames(expression: unknown): readonly string[] {
  const names: string[] = [];
  walk(expression, [], (value) => names.push(...secretNamesOf(value)));
  return names;
}

function secretNamesOf(value: unknown): readonly string[] {
  if (typeof value !== "string") return [];
  return [...value.matchAll(/\{\{resolve:secretsmanager:([^:}$]+)/g)].map(([, name = ""]) => name);
}

function walk(value: unknown, path: Reference, visit: (value: unknown, path: Reference) => void): void {
  visit(value, path);
  if (Array.isArray(value)) for (const [index, item] of value.entries()) walk(item, [...path, String(index)], visit);
  else if (isRecord(value)) for (const [key, item] of Object.entries(value)) walk(item, [...path, key], visit);
}

function namesOf(value: unknown, path: Reference): readonly string[] {
  if (typeof value === "string") {
    const isDependency = path[0] === "Resources" && path[2] === "DependsOn";
    return isDependency || path[0] === "Metadata" ? [value] : [];
  }
  if (!isRecord(value) || Object.keys(value).length !== 1) return [];
  const attribute = get(value, "Fn::GetAtt");
  const template = get(value, "Fn::Sub");
  const text = Array.isArray(template) ? template[0] : template;
  return [
    ...(typeof value.Ref === "string" ? [value.Ref] : []),
    ...(attribute === undefined
      ? []
      : [Array.isArray(attribute) ? textOf(attribute[0]) : (textOf(attribute).split(".")[0] ?? "")]),
    ...(typeof text === "string" ? [...text.matchAll(/\$\{([^!}.]+)/g)].map(([, name = ""]) => name.trim()) : []),
  ];
}
