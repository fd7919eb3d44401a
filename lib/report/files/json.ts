import { createHash } from "node:crypto";
import type { Report } from "../../model/report.ts";
import { escapeUnprintable } from "../text/printable.ts";

/** Formats a value as indented JSON with a newline at the end; escapes control characters that JSON itself allows. */
export function toJson(value: unknown): string {
  return `${escapeUnprintable(JSON.stringify(value, null, 2))}\n`;
}

/** Renders the report as JSON, with its digest, part by part: the text of a large report is much larger than the report. */
export function* renderJson(report: Report): Generator<string> {
  yield* toJsonParts({ ...report, digest: digestOf(report) }, 2);
}

/** The same text as `toJson`, in parts: what is in records and lists down to a depth is formatted one by one. */
export function* toJsonParts(value: object, depth: number): Generator<string> {
  let text = "";
  for (const part of formatParts(value, depth, indented)) {
    text += part;
    if (text.length < partLength) continue;
    yield escapeUnprintable(text);
    text = "";
  }
  yield `${escapeUnprintable(text)}\n`;
}

/** Long enough that writing a part costs little. */
const partLength = 100_000;

/**
 * The digest of a report: `sha256:` and the SHA-256 of its canonical JSON (RFC 8785: keys sorted, no white space) without the digest itself. It
 * does not depend on how the file is formatted.
 */
export function digestOf(report: object): string {
  const { digest: _, ...content } = report as { digest?: unknown };
  const hash = createHash("sha256");
  for (const part of formatParts(content, 2, canonical)) hash.update(part);
  return `sha256:${hash.digest("hex")}`;
}

/** JSON that is the same for equal values, whatever the order of their keys. */
export function toCanonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => (isRecord(one) ? sortKeys(one) : one));
}

type Members = Readonly<Record<string, unknown>>;

/** How JSON is laid out: a whole value, what precedes a member, what separates its name, and the order of members. */
type Notation = {
  readonly toText: (value: unknown) => string;
  readonly newline: string;
  readonly indent: string;
  readonly colon: string;
  readonly sort: (record: Members) => Members;
};

const indented: Notation = {
  toText: (value) => JSON.stringify(value, null, 2),
  ...{ newline: "\n", indent: "  ", colon: ": " },
  sort: (record) => record,
};
const canonical: Notation = { toText: toCanonicalJson, newline: "", indent: "", colon: ":", sort: sortKeys };

function* formatParts(value: unknown, depth: number, notation: Notation): Generator<string> {
  const members = depth === 0 ? [] : toMembers(value, notation);
  if (members.length === 0) {
    yield notation.toText(value).replaceAll("\n", notation.newline);
    return;
  }
  const inner = { ...notation, newline: notation.newline + notation.indent };
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  let before = open;
  for (const [name, member] of members) {
    yield `${before}${inner.newline}${name}`;
    yield* formatParts(member, depth - 1, inner);
    before = ",";
  }
  yield `${notation.newline}${close}`;
}

/** What is in a list, or in a record, where a member without a value is left out; each with the name that it has in JSON. */
function toMembers(value: unknown, { sort, colon }: Notation): [name: string, member: unknown][] {
  if (Array.isArray(value)) return value.map((one) => ["", one]);
  if (!isRecord(value)) return [];
  return Object.entries(sort(value)).flatMap(([name, one]) =>
    one === undefined ? [] : [[`${JSON.stringify(name)}${colon}`, one]],
  );
}

function isRecord(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function sortKeys(record: Members): Members {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
