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

/** Renders items by account and Region, then by database, in their order. `render` renders all items of one database, `summarize` counts some. */
export function renderByScope<T extends Item>(
  items: readonly T[],
  layout: Layout,
  { render, summarize }: Record<"render" | "summarize", (some: readonly T[]) => string>,
): string[] {
  const { width, paint } = layout;
  let left = shownInAll;
  const hidden: T[] = [];
  const blocks = [...Map.groupBy(items, ({ database }) => describeScope(database))].flatMap(([scope, ofScope]) => {
    const databases = [...Map.groupBy(ofScope, ({ database }) => database.arn).values()];
    const shown = databases.slice(0, Math.min(shownPerScope, left));
    left -= shown.length;
    hidden.push(...databases.slice(shown.length).flat());
    if (shown.length === 0) return [];
    const paragraphs = groupAlike(shown, render).map((group) => renderGroup(group, layout));
    const counts = databases.length > 1 ? `  ${paint.faint(summarize(ofScope))}` : "";
    return [[paragraph(`${paint.strong(scope)}${counts}`, { width }), paragraphs.join("\n\n")].join("\n")];
  });
  if (hidden.length === 0) return blocks;
  const databases = count(new Set(hidden.map(({ database }) => database.arn)).size, "more database");
  const scopes = count(new Set(hidden.map(({ database }) => describeScope(database))).size, "account/Region pair");
  const rest = `… and ${databases} in ${scopes} (${summarize(hidden)}); --format json lists all`;
  return [...blocks, paragraph(paint.faint(rest), { width })];
}

/** Databases of one kind that have the same text. */
type AlikeDatabases = { readonly kind: keyof typeof kindNames; readonly text: string; readonly identifiers: string[] };

/** Renders each database, and groups consecutive ones that are alike. */
function groupAlike<T extends Item>(
  databases: readonly T[][],
  render: (ofDatabase: readonly T[]) => string,
): AlikeDatabases[] {
  const groups: AlikeDatabases[] = [];
  for (const ofDatabase of databases) {
    if (ofDatabase[0] === undefined) continue;
    const { kind, identifier } = ofDatabase[0].database;
    const text = render(ofDatabase);
    const last = groups.at(-1);
    if (last?.text === text && last.kind === kind) last.identifiers.push(identifier);
    else groups.push({ kind, text, identifiers: [identifier] });
  }
  return groups;
}

function renderGroup({ kind, text, identifiers }: AlikeDatabases, { width, paint }: Layout): string {
  const what = identifiers.length === 1 ? kindNames[kind] : count(identifiers.length, kindNames[kind]);
  const heading = `${paint.strong(identifiers.join(", "))}  ${paint.faint(what)}`;
  return `${paragraph(heading, { width, first: "  ", hang: 4 })}\n${text}`;
}
