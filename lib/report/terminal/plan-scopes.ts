import { kindNames } from "../../model/database.ts";
import type { RemediationRequest } from "../../model/remediation-request.ts";
import { count } from "../text/count.ts";
import { describeScope } from "../text/scopes.ts";
import type { Layout } from "./layout.ts";
import { paragraph } from "./paragraph.ts";

/** A terminal scrolls: so many databases of one account and Region, and so many in all, are shown. */
const shownPerScope = 20;
const shownInAll = 100;

type Item = { readonly database: RemediationRequest["database"] };

/** What is to be said, by account and Region and there by database, in the order in which it comes; `say` says all of one database. */
export function renderByScope<T extends Item>(
  items: readonly T[],
  { width, paint }: Layout,
  {
    say,
    countUp,
  }: { readonly say: (ofDatabase: readonly T[]) => string; readonly countUp: (rest: readonly T[]) => string },
): string[] {
  let left = shownInAll;
  const hidden: T[] = [];
  const blocks = [...Map.groupBy(items, ({ database }) => describeScope(database))].flatMap(([scope, ofScope]) => {
    const databases = [...Map.groupBy(ofScope, ({ database }) => database.arn).values()];
    const shown = databases.slice(0, Math.min(shownPerScope, left));
    left -= shown.length;
    hidden.push(...databases.slice(shown.length).flat());
    if (shown.length === 0) return [];
    const paragraphs = joinAlike(
      shown.map((ofDatabase) => ({ database: ofDatabase[0]?.database, text: say(ofDatabase) })),
    ).map(({ databases, text }) => `${renderHeading(databases, { width, paint })}\n${text}`);
    const counts = databases.length > 1 ? `  ${paint.faint(countUp(ofScope))}` : "";
    return [[paragraph(`${paint.strong(scope)}${counts}`, { width }), paragraphs.join("\n\n")].join("\n")];
  });
  if (hidden.length === 0) return blocks;
  const databases = count(new Set(hidden.map(({ database }) => database.arn)).size, "more database");
  const scopes = count(new Set(hidden.map(({ database }) => describeScope(database))).size, "place");
  return [
    ...blocks,
    paragraph(paint.faint(`… and ${databases} in ${scopes} (${countUp(hidden)}); --format json has all`), { width }),
  ];
}

type Said = { readonly databases: readonly RemediationRequest["database"][]; readonly text: string };

/** Databases of a kind that follow each other and of which the same is said. */
function joinAlike(all: readonly { database: RemediationRequest["database"] | undefined; text: string }[]): Said[] {
  const joined: Said[] = [];
  for (const { database, text } of all) {
    if (database === undefined) continue;
    const last = joined.at(-1);
    const isAlike = last?.text === text && last.databases[0]?.kind === database.kind;
    if (last !== undefined && isAlike) joined[joined.length - 1] = { text, databases: [...last.databases, database] };
    else joined.push({ text, databases: [database] });
  }
  return joined;
}

function renderHeading(databases: readonly RemediationRequest["database"][], { width, paint }: Layout): string {
  const [first] = databases;
  if (first === undefined) return "";
  const kind = kindNames[first.kind];
  const what = databases.length === 1 ? kind : count(databases.length, kind);
  const names = paint.strong(databases.map(({ identifier }) => identifier).join(", "));
  return paragraph(`${names}  ${paint.faint(what)}`, { width, first: "  ", hang: 4 });
}
