import { kindNames } from "../../model/database.ts";
import type { RemediationRequest } from "../../model/remediation-request.ts";
import { count } from "../text/count.ts";
import { groupBy } from "../text/group.ts";
import { describeScope } from "../text/scopes.ts";
import type { Layout } from "./layout.ts";

/** Databases shown for one account and Region, and in all, so that the output stays readable in a terminal. */
const shownPerScope = 20;
const shownInAll = 100;

type Item = { readonly database: RemediationRequest["database"] };

/** Renders items by account and Region, then by database, in their order. `render` renders all items of one database. */
export function renderByScope<T extends Item>(
  items: readonly T[],
  { wrap, paint }: Layout,
  render: (ofDatabase: readonly T[]) => string,
  summarize: (rest: readonly T[]) => string,
): string[] {
  let left = shownInAll;
  const hidden: T[] = [];
  const blocks = groupBy(items, ({ database }) => describeScope(database)).flatMap(([scope, ofScope]) => {
    const databases = groupBy(ofScope, ({ database }) => database.arn).map(([, ofDatabase]) => ofDatabase);
    const shown = databases.slice(0, Math.min(shownPerScope, left));
    left -= shown.length;
    hidden.push(...databases.slice(shown.length).flat());
    if (shown.length === 0) return [];
    const entries = groupAlike(shown.map((ofDatabase) => [ofDatabase[0].database, render(ofDatabase)]));
    const paragraphs = entries.map(({ databases, text }) => {
      const kind = kindNames[databases[0].kind];
      const names = paint.strong(databases.map(({ identifier }) => identifier).join(", "));
      const what = paint.faint(databases.length === 1 ? kind : count(databases.length, kind));
      return `${wrap(`${names}  ${what}`, "  ", 4)}\n${text}`;
    });
    const counts = databases.length > 1 ? `  ${paint.faint(summarize(ofScope))}` : "";
    return [[wrap(`${paint.strong(scope)}${counts}`), paragraphs.join("\n\n")].join("\n")];
  });
  if (hidden.length === 0) return blocks;
  const databases = count(new Set(hidden.map(({ database }) => database.arn)).size, "more database");
  const scopes = count(new Set(hidden.map(({ database }) => describeScope(database))).size, "account/Region pair");
  const more = `… and ${databases} in ${scopes} (${summarize(hidden)}); --format json lists all`;
  return [...blocks, wrap(paint.faint(more))];
}

/** Groups consecutive databases of one kind that have the same text. */
function groupAlike(all: readonly (readonly [Item["database"], string])[]) {
  const groups: { databases: [Item["database"], ...Item["database"][]]; text: string }[] = [];
  for (const [database, text] of all) {
    const last = groups.at(-1);
    if (last?.text === text && last.databases[0].kind === database.kind) last.databases.push(database);
    else groups.push({ text, databases: [database] });
  }
  return groups;
}
