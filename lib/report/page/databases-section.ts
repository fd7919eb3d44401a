import type { Finding } from "../../model/finding.ts";
import type { Report } from "../../model/report.ts";
import { count } from "../text/count.ts";
import { describeEngine, describeSecret } from "../text/describe-database.ts";
import { describeScope } from "../text/scopes.ts";
import { fold, labelOf, table } from "./components.ts";
import { type Html, html } from "./html.ts";

type ReportedDatabase = Report["databases"][number];

/** Every database of the report, by account and Region, with its findings. */
export function renderDatabasesSection(
  { databases, findings }: Report,
  reasons: Readonly<Record<string, string>>,
): Html {
  const byArn = Map.groupBy(findings, ({ resource }) => resource.arn);
  const scopes = [...Map.groupBy(databases, describeScope)].sort(([a], [b]) => (a < b ? -1 : 1));
  return html`<section id="databases" aria-labelledby="databases-title"><h2 id="databases-title">Databases</h2>
${databases.length === 0 ? html`<p>No databases found.</p>` : null}${scopes.map(([scope, inScope]) =>
  fold(
    html`<h3>${scope}</h3>`,
    count(inScope.length, "database"),
    table(
      `Databases in ${scope}`,
      ["Database", "Type", "Master password", "Secret", "Findings"],
      inScope.map((database) => toRow(database, byArn.get(database.arn) ?? [], reasons)),
    ),
  ),
)}</section>`;
}

function toRow(
  database: ReportedDatabase,
  findings: readonly Finding[],
  reasons: Readonly<Record<string, string>>,
): readonly (Html | string)[] {
  const { identifier, management, reason } = database;
  const why = reason === null ? null : html`: <span class="muted">${reasons[reason] ?? reason}</span>`;
  return [
    identifier,
    describeEngine(database),
    html`${management}${why}`,
    describeSecret(database),
    findings.length === 0
      ? "none"
      : html`${findings.map((finding, index) => html`${index === 0 ? "" : ", "}${labelOf(finding)} ${finding.rule}`)}`,
  ];
}
