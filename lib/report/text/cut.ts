/** Where a space is in the last fifth, a text is cut there, so that no word is broken; further back, too much would be lost. */
const lookBack = 0.8;

/**
 * A text of at most `max` UTF-16 code units, cut at a word or at least between two characters, and then ended by "…".
 * AWS counts characters, which are never more. Halves of surrogate pairs, which are no text, are replaced.
 */
export function cut(text: string, max: number): string {
  const whole = text.toWellFormed();
  return whole.length <= max ? whole : endWithEllipsis(whole, max);
}

function endWithEllipsis(whole: string, max: number): string {
  // Where the cut is within a surrogate pair, its first half is replaced, and then dropped.
  const kept = whole
    .slice(0, Math.max(0, max - 1))
    .toWellFormed()
    .replace(/\ufffd$/, "");
  return shorten(kept, whole.startsWith(`${kept} `));
}

/** The beginning of a longer text, ended by "…" at a word where one ends near. */
export function shorten(kept: string, endsWithWord = false): string {
  const space = kept.lastIndexOf(" ");
  const words = !endsWithWord && space > kept.length * lookBack ? kept.slice(0, space) : kept;
  return `${words.trimEnd()}…`;
}
