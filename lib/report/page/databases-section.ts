import type { Finding } from "../../model/finding.ts";
import type { Report } from "../../model/report.ts";
import { count } from "../text/count.ts";
import { describeEngine } from "../text/describe-engine.ts";
import { describeScope } from "../text/scopes.ts";
import { type Html, html } from "./html.ts";
import { labelOf, table } from "./parts.ts";

type Reported = Report["databases"][number];

/** Every database that was seen, folded by account and Region, with all that was found about it in a word. */
export function renderDatabasesSection(
  { databases, findings }: Report,
  reasons: Readonly<Record<string, string>>,
): Html {
  const byArn = Map.groupBy(findings, ({ resource }) => resource.arn);
  const scopes = [...Map.groupBy(databases, describeScope)].sort(([a], [b]) => (a < b ? -1 : 1));
  return html`<section id="databases" aria-labelledby="databases-title"><h2 id="databases-title">All databases</h2>
${databases.length === 0 ? html`<p>There are none.</p>` : null}${scopes.map(
  ([
    scope,
    all,
  ]) => html`<details class="place"><summary><h3>${scope}</h3> <span class="soft">${count(all.length, "database")}</span></summary>
${table(
  `Databases in ${scope}`,
  ["Database", "What", "Master password", "Secret", "Findings"],
  all.map((database) => toRow(database, byArn.get(database.arn) ?? [], reasons)),
)}</details>
`,
)}</section>`;
}

function toRow(
  database: Reported,
  findings: readonly Finding[],
  reasons: Readonly<Record<string, string>>,
): readonly (Html | string)[] {
  const { identifier, management, reason } = database;
  const why = reason === null ? null : html`: <span class="soft">${reasons[reason] ?? reason}</span>`;
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

/** The status and the key, by the part of its ARN that says which. */
function describeSecret({ masterUserSecret }: Reported): string {
  if (masterUserSecret === null) return "none";
  const { status, kmsKeyId } = masterUserSecret;
  const key = kmsKeyId === null ? "" : `, ${kmsKeyId.slice(kmsKeyId.lastIndexOf(":") + 1)}`;
  return `${status ?? "no status"}${key}`;
}
