import { createHash } from "node:crypto";
import type { Report } from "../../model/report.ts";
import { escapeUnprintable } from "../text/printable.ts";

/** Formats a value as indented JSON with a newline at the end; escapes control characters that JSON itself allows. */
export function toJson(value: unknown): string {
  return `${escapeUnprintable(JSON.stringify(value, null, 2))}\n`;
}

/** Renders the report as JSON, with its digest. */
export function renderJson(report: Report): string {
  return toJson({ ...report, digest: digestOf(report) });
}

/**
 * The digest of a report: `sha256:` and the SHA-256 of its canonical JSON (RFC 8785: keys sorted, no white space) without the digest itself. It
 * does not depend on how the file is formatted.
 */
export function digestOf(report: object): string {
  const { digest: _, ...content } = report as { digest?: unknown };
  return `sha256:${createHash("sha256").update(toCanonicalJson(content)).digest("hex")}`;
}

/** JSON that is the same for equal values, whatever the order of their keys. */
export function toCanonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => (isRecord(one) ? sortKeys(one) : one));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function sortKeys(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
