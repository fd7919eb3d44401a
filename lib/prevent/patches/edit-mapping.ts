import { isAlias, isCollection, isMap, isScalar, type Pair, type YAMLMap } from "yaml";

/** A change of a text: what is between two offsets is replaced. */
export type TextEdit = { readonly start: number; readonly end: number; readonly text: string };

/** An entry to write: a text or a truth value, or a mapping of texts. */
export type EntryValue = string | boolean | Readonly<Record<string, string>>;

/** A mapping of a template with its source, and the entry that it is the value of; null for the whole template. */
export type Mapping = { readonly source: string; readonly map: YAMLMap; readonly parent: Pair | null };

/** Thrown where the way that a template is written does not allow an edit. The message completes "…, because …". */
export class NotEditable extends Error {
  override readonly name = "NotEditable";
}

/** Finds an entry by its key; null if the mapping has none. Throws a NotEditable if it has several. */
export function findPair({ items }: YAMLMap, name: string): Pair | null {
  const found = items.filter(({ key }) => isScalar(key) && String(key.value) === name);
  if (found.length > 1) throw new NotEditable(`${name} is given twice`);
  return found[0] ?? null;
}

/** Replaces the value of an entry. */
export function replaceValue({ source }: Mapping, pair: Pair, entry: EntryValue): TextEdit {
  const { value } = pair;
  if (!isScalar(value) || value.anchor !== undefined || (value.tag ?? "").startsWith("!") || !value.range)
    throw new NotEditable(`${nameOf(pair)} is not a plain value`);
  const [start] = value.range;
  const before = source.slice(endOfKey(pair), start);
  if (!/^\s*:\s+$/.test(before) && !isQuoted(source, pair))
    throw new NotEditable(`${nameOf(pair)} is not a plain value`);
  return { start, end: endOf(pair, source), text: toInline(entry, quoteOf(source, pair)) };
}

/** Replaces a whole entry by another one. A comment behind it goes too, because it is about the old entry. */
export function replacePair(mapping: Mapping, pair: Pair, name: string, entry: EntryValue): TextEdit {
  refuseAnchors(pair);
  const { source, map } = mapping;
  const end = endOf(pair, source);
  const comment = map.flow === true ? null : /^[ \t]+#[^\r\n]*/.exec(source.slice(end));
  return { start: startOf(pair), end: end + (comment?.[0].length ?? 0), text: toText(mapping, name, entry) };
}

/** Removes an entry: with its lines, and the comment behind it, or with its comma. */
export function removePair({ source, map }: Mapping, pair: Pair): TextEdit {
  refuseAnchors(pair);
  const [start, end] = [startOf(pair), endOf(pair, source)];
  const { items } = map;
  const index = items.indexOf(pair);
  if (map.flow !== true) {
    if (items.length === 1) throw new NotEditable(`${nameOf(pair)} is the only entry of its mapping`);
    return { start: lineStart(source, start), end: nextLine(source, end), text: "" };
  }
  const [next, previous] = [items[index + 1], items[index - 1]];
  if (next !== undefined) {
    const to = startOf(next);
    refuseComments(source.slice(end, to), pair);
    return { start, end: to, text: "" };
  }
  if (previous === undefined) return { start, end, text: "" };
  const from = endOf(previous, source);
  refuseComments(source.slice(from, start), pair);
  return { start: from, end, text: "" };
}

/** Adds an entry behind another one, or before the first. */
export function insertPair(mapping: Mapping, name: string, entry: EntryValue, after: Pair | null): TextEdit {
  const { source, map } = mapping;
  const parent = parentOf(mapping);
  const text = toText(mapping, name, entry);
  const [first] = map.items;
  if (map.flow === true) {
    const open = (map.range?.[0] ?? 0) + 1;
    if (first === undefined) return { start: open, end: open, text: quoteOf(source, parent) ? text : ` ${text} ` };
    const start = startOf(first);
    const space = source.slice(open, start);
    const line = /\r?\n[ \t]*$/.exec(space)?.[0];
    return { start, end: start, text: `${text},${line ?? (isDense(source, first) ? "" : " ")}` };
  }
  if (first === undefined) throw new NotEditable(`${nameOf(parent)} is empty`);
  const indent = indentOf(source, first);
  const end = after === null ? endOfParentLine(source, parent, first) : nextLine(source, endOf(after, source));
  const eol = eolOf(source);
  const isOpen = end === source.length && !source.endsWith("\n");
  return { start: end, end, text: isOpen ? `${eol}${indent}${text}` : `${indent}${text}${eol}` };
}

/** Applies an edit. */
export function applyEdit(source: string, { start, end, text }: TextEdit): string {
  return source.slice(0, start) + text + source.slice(end);
}

/** The offset behind the last character of an entry. */
export function endOf({ key, value }: Pair, source: string): number {
  const node = lastOf(value ?? key);
  let end = rangeOf(node)[1];
  while (end > 0 && /\s/.test(source.charAt(end - 1))) end -= 1;
  return end;
}

/** The offset of an entry's key. */
export function startOf({ key }: Pair): number {
  return rangeOf(key)[0];
}

function parentOf({ parent }: Mapping): Pair {
  if (parent === null) throw new NotEditable("the file is not written in a way that can be edited");
  return parent;
}

/** The innermost node at the end of a block. */
function lastOf(node: unknown): unknown {
  if (!isCollection(node) || node.flow === true) return node;
  const last = node.items.at(-1);
  if (last === undefined) return node;
  return isMap(node) ? lastOf((last as Pair).value ?? (last as Pair).key) : lastOf(last);
}

function rangeOf(node: unknown): readonly [number, number] {
  const range = isScalar(node) || isCollection(node) || isAlias(node) ? node.range : undefined;
  if (range == null) throw new NotEditable("a part of it is not written in the file");
  return [range[0], range[1]];
}

function nameOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : "an entry";
}

function refuseAnchors(pair: Pair): void {
  const hasAnchor = (node: unknown): boolean => {
    if (isAlias(node)) return false;
    if (isScalar(node)) return node.anchor !== undefined;
    if (!isCollection(node)) return false;
    return (
      node.anchor !== undefined ||
      node.items.some((item) =>
        isMap(node) ? hasAnchor((item as Pair).key) || hasAnchor((item as Pair).value) : hasAnchor(item),
      )
    );
  };
  if (hasAnchor(pair.key) || hasAnchor(pair.value))
    throw new NotEditable(`${nameOf(pair)} has an anchor that other values may use`);
}

function refuseComments(between: string, pair: Pair): void {
  if (!/^\s*,\s*$/.test(between)) throw new NotEditable(`there is a comment beside ${nameOf(pair)}`);
}

function lineStart(source: string, offset: number): number {
  const start = source.lastIndexOf("\n", offset - 1) + 1;
  if (source.slice(start, offset).trim() !== "") throw new NotEditable("it shares a line with another entry");
  return start;
}

/** The start of the line behind an entry, which may have a comment behind it. */
function nextLine(source: string, offset: number): number {
  const newline = source.indexOf("\n", offset);
  const end = newline === -1 ? source.length : newline + 1;
  if (!/^\s*(#.*)?\s*$/.test(source.slice(offset, end))) throw new NotEditable("it shares a line with another entry");
  return end;
}

/** The start of the line behind a key whose value is a block. */
function endOfParentLine(source: string, parent: Pair, first: Pair): number {
  const end = source.indexOf("\n", endOfKey(parent)) + 1;
  if (end === 0 || end > startOf(first)) throw new NotEditable(`${nameOf(parent)} starts on the line of its key`);
  return end;
}

function endOfKey({ key }: Pair): number {
  return rangeOf(key)[1];
}

function indentOf(source: string, pair: Pair): string {
  const start = startOf(pair);
  return source.slice(lineStart(source, start), start);
}

/** The line ending of a text. */
function eolOf(source: string): string {
  return /\r\n/.test(source) ? "\r\n" : "\n";
}

function isQuoted(source: string, pair: Pair): boolean {
  return quoteOf(source, pair) !== "";
}

/** The quotes of a key, which an entry beside it has too. */
function quoteOf(source: string, pair: Pair): string {
  const first = source.charAt(startOf(pair));
  return first === '"' || first === "'" ? first : "";
}

/** True for JSON without spaces behind its colons. */
function isDense(source: string, pair: Pair): boolean {
  return isQuoted(source, pair) && /^:\S/.test(source.slice(endOfKey(pair)));
}

/** An entry as text, in the style of the mapping. */
function toText(mapping: Mapping, name: string, entry: EntryValue): string {
  const { source, map } = mapping;
  const parent = parentOf(mapping);
  const sibling = map.items[0] ?? parent;
  const quote = quoteOf(source, sibling);
  const colon = map.flow === true && isDense(source, sibling) ? ":" : ": ";
  const key = `${quote}${name}${quote}`;
  if (typeof entry !== "object" || map.flow === true) return `${key}${colon}${toInline(entry, quote, colon)}`;
  const indent = indentOf(source, sibling);
  const step = " ".repeat(
    Math.max(1, indent.length - (startOf(parent) - source.lastIndexOf("\n", startOf(parent)) - 1)),
  );
  const lines = Object.entries(entry).map(
    ([inner, text]) => `${indent}${step}${quote}${inner}${quote}: ${toInline(text, quote)}`,
  );
  return [`${key}:`, ...lines].join(eolOf(source));
}

function toInline(entry: EntryValue, quote: string, colon = ": "): string {
  if (typeof entry === "boolean") return String(entry);
  if (typeof entry === "string")
    return quote === "" && /^[A-Za-z][\w:/-]*$/.test(entry) ? entry : JSON.stringify(entry);
  const inner = Object.entries(entry).map(([name, text]) => `${quote}${name}${quote}${colon}${toInline(text, quote)}`);
  return quote === "" ? `{ ${inner.join(", ")} }` : `{${inner.join(",")}}`;
}
