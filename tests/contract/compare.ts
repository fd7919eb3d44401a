import type { KnownDifference } from "./known-differences.ts";
import type { Responses } from "./scenario.ts";

/** The leaves of a response: path → value. A field that is absent or empty has no leaf. */
type Leaves = Record<string, unknown>;

const ids = [
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(-[A-Za-z0-9]{6}\b)?/g,
  /\b(db|cluster)-[A-Z0-9]{20,}\b/g,
];

const instant = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z|\d{4}-\d\d-\d\d \d\d:\d\d UTC/g;

/** Lists of items with these identifiers have no guaranteed order in AWS. */
const identifiers = ["Key", "DBInstanceIdentifier", "DBClusterIdentifier", "AliasName"] as const;

const ordered = (list: readonly unknown[]): readonly unknown[] => {
  const key = identifiers.find((name) =>
    list.every((item) => typeof item === "object" && item !== null && name in item),
  );
  if (key === undefined) return list;
  const keyOf = (item: unknown) => String((item as Record<string, unknown>)[key]);
  return [...list].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
};

function collect(value: unknown, path: string, leaves: Leaves): void {
  if (value === undefined || value === null) return;
  if (value instanceof Date) leaves[path] = "<date>";
  else if (Array.isArray(value))
    for (const [index, item] of ordered(value).entries()) collect(item, `${path}[${index}]`, leaves);
  else if (typeof value === "object") {
    for (const [name, field] of Object.entries(value))
      if (name !== "$metadata")
        collect(field, `${path}.${ids.reduce((text, id) => text.replace(id, "<id>"), name)}`, leaves);
  } else leaves[path] = typeof value === "string" ? value.replaceAll(instant, "<date>") : value;
}

/** A path without list positions. A single resource and one in a list have the same name. */
const nameOf = (path: string, leaves: Leaves): string => {
  const name = path.replaceAll(/\[\d+\]/g, "").replace(/\.(DBInstance|DBCluster)s\b/, ".$1");
  // Statuses are compared by error.
  return name.endsWith(".status") ? `${name} of ${leaves[path.replace(/status$/, "error")]}` : name;
};

const endsWith = (path: string, end: string): boolean => path === end || path.endsWith(`.${end}`);

/** The leaves of all responses, by `step.path`. */
function toLeaves(responses: Responses): Leaves {
  const leaves: Leaves = {};
  for (const [step, answer] of Object.entries(responses)) collect(answer, step, leaves);
  return leaves;
}

/** Numbers ids in order of appearance, so that equal ids of one emulator must be equal in the other. */
function numbered(leaves: Leaves): Leaves {
  const known = new Map<string, number>();
  const numberOf = (id: string): number => {
    const number = known.get(id) ?? known.size + 1;
    known.set(id, number);
    return number;
  };
  const rewrite = (text: string) =>
    ids.reduce((so, id) => so.replaceAll(id, (found) => `<id ${numberOf(found)}>`), text);
  return Object.fromEntries(
    Object.keys(leaves)
      .sort()
      .map((path) => [path, typeof leaves[path] === "string" ? rewrite(leaves[path]) : leaves[path]]),
  );
}

/**
 * Prepares two emulators' responses to a scenario for comparison: removes known differences and numbers ids.
 * Adds each known difference that occurred to `met`, in the form of `namesOf`.
 */
export function comparable(
  scenario: string,
  [left, right]: readonly [Responses, Responses],
  differences: readonly KnownDifference[],
  met: Set<string>,
): readonly [Leaves, Leaves] {
  const sides = [toLeaves(left), toLeaves(right)] as const;
  const paths = new Set(sides.flatMap((leaves) => Object.keys(leaves)));
  for (const path of paths) {
    const names = sides.map((leaves) => nameOf(path, leaves));
    const found = differences
      .filter((one) => one.scenario === undefined || one.scenario === scenario)
      .filter(
        ({ step }) =>
          step === undefined || path === step || (/^[.[]/.test(path.slice(step.length)) && path.startsWith(step)),
      )
      .flatMap((one) => (one.fields ?? [null]).map((field) => ({ one, field })))
      .find(({ field }) => field === null || names.some((name) => endsWith(name, field)));
    if (found === undefined) continue;
    const [here, there] = sides.map((leaves) => leaves[path]);
    if (here !== there) met.add(keyOf(found.one, found.field));
    for (const leaves of sides) delete leaves[path];
  }
  return [numbered(sides[0]), numbered(sides[1])];
}

const keyOf = ({ scenario = "", step = "", reason }: KnownDifference, field: string | null): string =>
  [scenario, step, field ?? "", reason].filter((part) => part !== "").join(" | ");

/** The names of all known differences that `comparable` can add to `met`. */
export function namesOf(differences: readonly KnownDifference[]): readonly string[] {
  return differences.flatMap((one) => (one.fields ?? [null]).map((field) => keyOf(one, field)));
}
