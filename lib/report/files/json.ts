import { escapeUnprintable } from "../text/printable.ts";

/** Formats a value as indented JSON with a newline at the end; escapes control characters that JSON itself allows. */
export function toJson(value: unknown): string {
  return `${escapeUnprintable(JSON.stringify(value, null, 2))}\n`;
}
