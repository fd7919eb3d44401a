import { UsageError } from "../../lib/model/errors.ts";

/** A format, and the ends of the names of its files. */
type Named = { readonly endings: readonly string[] };

/** The format whose ending a file of `--output` has; the longest decides. Throws a UsageError that names the endings. */
export function formatOfFile<T extends string>(file: string, formats: Readonly<Record<T, Named>>): T {
  const named = Object.entries<Named>(formats) as [T, Named][];
  const [found] = named
    .flatMap(([format, { endings }]) => endings.map((ending) => ({ format, ending })))
    .filter(({ ending }) => file.toLowerCase().endsWith(ending))
    .sort((a, b) => b.ending.length - a.ending.length);
  if (found !== undefined) return found.format;
  const known = named.flatMap(([, { endings }]) => endings.slice(0, 1));
  throw new UsageError(
    `The name of --output ${file} does not say the format: add --format, or end it with ${known.slice(0, -1).join(", ")} or ${known.at(-1)}.`,
  );
}
