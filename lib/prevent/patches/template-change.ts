import { isDeepStrictEqual } from "node:util";
import { isRecord } from "../json-value.ts";

/** A change of one entry of a template, by the keys that lead to it. Without a value, the entry is removed. */
export type TemplateChange = { readonly path: readonly string[]; readonly value?: unknown };

/** The values of a template with changes: what the changed text must parse to. */
export function applyToValue(root: unknown, changes: readonly TemplateChange[]): unknown {
  return changes.reduce((value, { path, value: entry }) => setAt(value, path, entry), root);
}

/** True if two templates have the same entries, in any order. */
export function isSameTemplate(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(one, other);
}

function setAt(value: unknown, [key, ...rest]: readonly string[], entry: unknown): unknown {
  if (key === undefined) return entry;
  const { [key]: present, ...others } = isRecord(value) ? value : {};
  const changed = setAt(present, rest, entry);
  return changed === undefined ? others : { ...others, [key]: changed };
}
