import { isMap, type Pair, parseDocument, type YAMLMap } from "yaml";
import {
  applyEdit,
  type EntryValue,
  findPair,
  insertPair,
  type Mapping,
  NotEditable,
  removePair,
  replacePair,
  replaceValue,
  type TextEdit,
} from "./edit-mapping.ts";
import type { TemplateChange } from "./template-change.ts";

/** One edit: an entry is removed, added, or changed, or replaced by another one. */
type EditStep = {
  readonly path: readonly string[];
  readonly removed: string | null;
  readonly added: string | null;
  readonly entry?: EntryValue;
};

/** Makes changes in the text of a template, and leaves every other character as it is. Throws a NotEditable where that is not possible. */
export function editTemplate(source: string, changes: readonly TemplateChange[]): string {
  const steps = [...Map.groupBy(changes, ({ path }) => path.slice(0, -1).join("\n")).values()].flatMap((ofMapping) =>
    toSteps(source, ofMapping),
  );
  return steps.reduce((text, step) => applyEdit(text, toEdit(text, step)), source);
}

/** The root of a template as nodes with their offsets in the text. */
export function parseEditable(source: string): YAMLMap {
  const isJson = source.trimStart().startsWith("{");
  // JSON has no tab inside a text, so offsets and values stay.
  const document = parseDocument(isJson ? source.replaceAll("\t", " ") : source, { logLevel: "silent" });
  if (document.errors.length > 0 || !isMap(document.contents))
    throw new NotEditable("the file is not written in a way that can be edited");
  return document.contents;
}

/** The entry that keys lead to; null if there is none. Throws a NotEditable if an alias or a function is on the way. */
function findEntry(root: YAMLMap, path: readonly string[]): Pair | null {
  let map: YAMLMap = root;
  for (const name of path.slice(0, -1)) {
    const value = findPair(map, name)?.value;
    if (!isMap(value)) throw new NotEditable(`${name} is not a mapping of its own`);
    map = value;
  }
  return findPair(map, path.at(-1) ?? "");
}

/** The steps in one mapping. An entry that is new takes the position of one that goes; the others come in at one position, the last first. */
function toSteps(source: string, changes: readonly TemplateChange[]): readonly EditStep[] {
  const root = parseEditable(source);
  const named = changes.map(({ path, value }) => ({
    path: path.slice(0, -1),
    name: path.at(-1) ?? "",
    entry: value as EntryValue | undefined,
    isPresent: findEntry(root, path) !== null,
  }));
  const missing = named.find(({ entry, isPresent }) => entry === undefined && !isPresent);
  if (missing !== undefined) throw new NotEditable(`${missing.name} comes from another mapping`);
  const removed = named.filter(({ entry }) => entry === undefined);
  const added = named.filter(({ entry, isPresent }) => entry !== undefined && !isPresent);
  const changed = named.filter(({ entry, isPresent }) => entry !== undefined && isPresent);
  return [
    ...changed.map(({ path, name, entry }) => ({
      path,
      removed: name,
      added: name,
      ...(entry !== undefined && { entry }),
    })),
    ...Array.from({ length: Math.max(removed.length, added.length) }, (_, index): EditStep => {
      const [one, other] = [removed[index], added[index]];
      const path = (one ?? other)?.path ?? [];
      return {
        path,
        removed: one?.name ?? null,
        added: other?.name ?? null,
        ...(other?.entry !== undefined && { entry: other.entry }),
      };
    }).toReversed(),
  ];
}

function toEdit(source: string, { path, removed, added, entry }: EditStep): TextEdit {
  const mapping = findMapping(source, path);
  const pair = removed === null ? null : findPair(mapping.map, removed);
  if (added === null || entry === undefined) {
    if (pair === null) throw new NotEditable(`${removed} comes from another mapping`);
    return removePair(mapping, pair);
  }
  if (pair === null) return insertPair(mapping, added, entry, findPair(mapping.map, "MasterUsername"));
  return removed === added ? replaceValue(mapping, pair, entry) : replacePair(mapping, pair, added, entry);
}

function findMapping(source: string, path: readonly string[]): Mapping {
  const root = parseEditable(source);
  if (path.length === 0) return { source, map: root, parent: null };
  const name = path.at(-1);
  const parent = findEntry(root, path);
  if (parent === null) throw new NotEditable(`there is no ${name}`);
  if (!isMap(parent.value)) throw new NotEditable(`${name} is not a mapping of its own`);
  if (parent.value.tag?.startsWith("!")) throw new NotEditable(`${name} is the result of a function`);
  return { source, map: parent.value, parent };
}
