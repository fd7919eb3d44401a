import { toPrintable } from "./printable.ts";

/** A space in the last fifth of the text ends it, so that no word breaks; an earlier one would drop too much. */
const wordBreakFrom = 0.8;

/**
 * Truncates a text to `max` UTF-16 code units, at a word break if one is near, never inside a character, and ends it with "…".
 * AWS counts characters, which are never more than code units. Replaces unpaired surrogates.
 */
export function truncate(text: string, max: number): string {
  const whole = text.toWellFormed();
  if (whole.length <= max) return whole;
  // A surrogate pair that is cut in two becomes a replacement character, which is dropped.
  const kept = whole
    .slice(0, Math.max(0, max - 1))
    .toWellFormed()
    .replace(/\ufffd$/, "");
  return addEllipsis(kept, whole.startsWith(`${kept} `));
}

/** Ends the start of a longer text with "…", at a word break if one is near. */
export function addEllipsis(kept: string, endsWithWord = false): string {
  const space = kept.lastIndexOf(" ");
  const words = !endsWithWord && space > kept.length * wordBreakFrom ? kept.slice(0, space) : kept;
  return `${words.trimEnd()}…`;
}

/** Converts an untrusted text to one printable line of at most `max` characters. */
export function toLine(text: string, max: number): string {
  return truncate(toPrintable(text).trim(), max);
}

/** Applies `toLine` to named texts and drops empty ones, which Security Hub and SNS reject. */
export function toLines(texts: Readonly<Record<string, string>>, max: number): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts)
      .map(([name, text]) => [name, toLine(text, max)] as const)
      .filter(([, line]) => line !== ""),
  );
}
