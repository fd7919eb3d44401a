import { stripVTControlCharacters } from "node:util";

/** C0, DEL and C1 control characters, and characters that change the text direction. */
const unprintable = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Printable ASCII with single spaces, which needs no change. Most texts match. */
const harmless = /^(?!.* {2})[ -~]*$/;

/** Makes an untrusted text safe for a terminal: one line, no escape sequences, control characters replaced by U+FFFD. */
export function toPrintable(text: string): string {
  if (harmless.test(text)) return text;
  return stripVTControlCharacters(text).replaceAll(/\s+/g, " ").replaceAll(unprintable, "\u{fffd}");
}

/** Applies `toPrintable` to every text in a value, keys included. */
export function makePrintable<T>(value: T): T;
export function makePrintable(value: unknown): unknown {
  if (typeof value === "string") return toPrintable(value);
  if (Array.isArray(value)) return value.map(makePrintable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [toPrintable(key), makePrintable(one)]));
}

/** Escapes the characters that JSON allows unescaped but a terminal acts on, that change the text direction, or that XML forbids. */
export function escapeUnprintable(json: string): string {
  return json.replaceAll(
    /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
