import { stripVTControlCharacters } from "node:util";

/** C0, DEL and C1 controls, and the marks that change the direction of text. */
const unprintable = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Most texts are printable ASCII with single spaces; to find that out is all that they cost. */
const harmless = /^(?!.* {2})[ -~]*$/;

/** A text from outside as it may go to a terminal: no escape sequence, no control character, one line. */
export function toPrintable(text: string): string {
  if (harmless.test(text)) return text;
  return stripVTControlCharacters(text).replaceAll(/\s+/g, " ").replaceAll(unprintable, "\u{fffd}");
}

/** The same value with every text in it printable, keys included: what goes through here once needs no care later. */
export function makePrintable<T>(value: T): T {
  return clean(value) as T;
}

function clean(value: unknown): unknown {
  if (typeof value === "string") return toPrintable(value);
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [toPrintable(key), clean(one)]));
}
