import { kindNames } from "../../model/database.ts";
import type { RemediationRequest } from "../../model/remediation-request.ts";
import { count } from "../text/count.ts";
import { describeScope } from "../text/scopes.ts";
import type { Layout } from "./layout.ts";
import { paragraph } from "./paragraph.ts";

/** Databases shown for one account and Region, and in all, so that the output stays readable in a terminal. */
const shownPerScope = 20;
const shownInAll = 100;

type Item = { readonly database: RemediationRequest["database"] };

/** Renders items by account and Region, then by database, in their order. `render` renders all items of one database. */
export function renderByScope<T extends Item>(
  items: readonly T[],
  { width, paint }: Layout,
  {
    render,
    summarize,
  }: { readonly render: (ofDatabase: readonly T[]) => string; readonly summarize: (rest: readonly T[]) => string },
): string[] {
  let left = shownInAll;
  const hidden: T[] = [];
  const blocks = [...Map.groupBy(items, ({ database }) => describeScope(database))].flatMap(([scope, ofScope]) => {
    const databases = [...Map.groupBy(ofScope, ({ database }) => database.arn).values()];
    const shown = databases.slice(0, Math.min(shownPerScope, left));
    left -= shown.length;
    hidden.push(...databases.slice(shown.length).flat());
    if (shown.length === 0) return [];
    const paragraphs = groupAlike(
      shown.map((ofDatabase) => ({ database: ofDatabase[0]?.database, text: render(ofDatabase) })),
    ).map(({ databases, text }) => `${renderHeading(databases, { width, paint })}\n${text}`);
    const counts = databases.length > 1 ? `  ${paint.faint(summarize(ofScope))}` : "";
    return [[paragraph(`${paint.strong(scope)}${counts}`, { width }), paragraphs.join("\n\n")].join("\n")];
  });
  if (hidden.length === 0) return blocks;
  const databases = count(new Set(hidden.map(({ database }) => database.arn)).size, "more database");
  const scopes = count(new Set(hidden.map(({ database }) => describeScope(database))).size, "account/Region pair");
  return [
    ...blocks,
    paragraph(paint.faint(`… and ${databases} in ${scopes} (${summarize(hidden)}); --format json lists all`), {
      width,
    }),
  ];
}

type DatabaseGroup = { readonly databases: readonly RemediationRequest["database"][]; readonly text: string };

/** Groups consecutive databases of one kind that have the same text. */
function groupAlike(
  all: readonly { database: RemediationRequest["database"] | undefined; text: string }[],
): DatabaseGroup[] {
  const groups: DatabaseGroup[] = [];
  for (const { database, text } of all) {
    if (database === undefined) continue;
    const last = groups.at(-1);
    const isAlike = last?.text === text && last.databases[0]?.kind === database.kind;
    if (last !== undefined && isAlike) groups[groups.length - 1] = { text, databases: [...last.databases, database] };
    else groups.push({ text, databases: [database] });
  }
  return groups;
}

function renderHeading(databases: readonly RemediationRequest["database"][], { width, paint }: Layout): string {
  const [first] = databases;
  if (first === undefined) return "";
  const kind = kindNames[first.kind];
  const what = databases.length === 1 ? kind : count(databases.length, kind);
  const names = paint.strong(databases.map(({ identifier }) => identifier).join(", "));
  return paragraph(`${names}  ${paint.faint(what)}`, { width, first: "  ", hang: 4 });
}
