import { closest, distance } from "fastest-levenshtein";

/** The known name that was probably meant; null if none is similar. */
export function nearest(name: string, known: readonly string[]): string | null {
  if (known.length === 0) return null;
  const closestName = closest(name, known as string[]);
  return distance(name, closestName) <= Math.max(2, Math.floor(closestName.length / 3)) ? closestName : null;
}

/** ` (did you mean "x"?)`; without a similar name, the known names if there are at most 16, otherwise nothing. */
export function suggest(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  if (near !== null) return ` (did you mean "${near}"?)`;
  return known.length > 0 && known.length <= 16 ? ` (known: ${known.join(", ")})` : "";
}
