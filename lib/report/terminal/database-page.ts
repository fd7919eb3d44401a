import type { ClassifiedDatabase } from "../../model/database.ts";
import { describeDatabase } from "../../model/database.ts";
import type { Exemption, Finding, Severity, Status } from "../../model/finding.ts";
import { describeEnd } from "../text/describe-end.ts";
import { describeEngine } from "../text/describe-engine.ts";
import { bySeverity, statuses } from "../text/group-findings.ts";
import { makePrintable } from "../text/printable.ts";
import type { ReportOptions } from "../text/reporter.ts";
import { showEvidence } from "../text/show-evidence.ts";
import { createLayout, type Layout } from "./layout.ts";
import { pad, paragraph, widest } from "./paragraph.ts";

/** What one rule says of the database, and what the policy makes of that. */
type DatabaseVerdict = {
  readonly rule: string;
  readonly severity: Severity;
  readonly status: Status;
  readonly message: string;
  readonly remediation: string | null;
  readonly evidence: Finding["evidence"];
  readonly exemption: Exemption | null;
  readonly endedExemption: Exemption | null;
};

/** One database and everything that is judged about it. `source` says where the reason for its management is documented. */
export type DatabasePage = {
  readonly database: ClassifiedDatabase;
  readonly source: string | null;
  readonly verdicts: readonly DatabaseVerdict[];
  readonly rulesOff: readonly string[];
  /** ISO 8601: when it was observed. */
  readonly observedAt: string;
};

/** All about one database: what it is, whose password it has, and every rule's verdict with its evidence. */
export function renderDatabase(untrusted: DatabasePage, options: Pick<ReportOptions, "width" | "color">): string {
  const page = makePrintable(untrusted);
  const layout = createLayout(options);
  const { database, rulesOff } = page;
  const verdicts = bySeverity(page.verdicts);
  const sorted = statuses.flatMap((status) => verdicts.filter((verdict) => verdict.status === status));
  const title = describeDatabase(database);
  const sections = [
    [layout.paint.strong(title.charAt(0).toUpperCase() + title.slice(1)), ...renderFacts(page, layout)].join("\n"),
    ...[...Map.groupBy(sorted, ({ status, message }) => `${status} ${message}`).values()].map((same) =>
      renderVerdict(same, page, layout),
    ),
  ];
  if (rulesOff.length > 0)
    sections.push(paragraph(`Switched off by the policy: ${rulesOff.join(", ")}.`, { width: layout.width }));
  return `${sections.join("\n\n")}\n`;
}

function renderFacts({ database, source, observedAt }: DatabasePage, { width, paint }: Layout): string[] {
  const { masterUserSecret: secret, explanation, doubt } = database;
  const management = describeManagement(database);
  const facts: [string, string | null][] = [
    ["What", describeEngine(database)],
    ["Where", `${database.account} ${database.region}`],
    ["ARN", database.arn],
    ["Resource id", database.resourceId],
    ["Created", database.createdAt],
    ["Observed", observedAt],
    ["Password", explanation === null ? management : `${management}: ${explanation}`],
    ["Doubt", doubt],
    ["Source", source],
    ["Secret", secret === null ? null : `${secret.secretArn ?? "not named"} (${secret.status ?? "no status"})`],
    ["Key", secret === null ? null : (secret.kmsKeyId ?? "not named")],
    ["Tags", describeTags(database.tags)],
  ];
  const columns = widest(facts.map(([name]) => name));
  return facts.flatMap(([name, value]) =>
    value === null ? [] : [paragraph(value, { width, first: `  ${paint.faint(pad(name, columns))}  ` })],
  );
}

function describeManagement({ management }: ClassifiedDatabase): string {
  switch (management) {
    case "managed":
      return "managed by RDS in Secrets Manager";
    case "unmanaged":
      return "not managed by RDS, and could be";
    case "inherited":
      return "another database's";
    case "unsupported":
      return "cannot be managed by RDS";
    case "out-of-scope":
      return "out of scope";
  }
}

function describeTags(tags: Readonly<Record<string, string>>): string | null {
  const all = Object.entries(tags).map(([key, value]) => `${key}=${value}`);
  return all.length === 0 ? null : all.join(", ");
}

/** Verdicts that say the same: one, or several rules for which the database is none of their business. */
function renderVerdict(
  same: readonly DatabaseVerdict[],
  { observedAt }: DatabasePage,
  { width, paint }: Layout,
): string {
  const [verdict] = same;
  if (verdict === undefined) return "";
  const { severity, status, message, remediation, evidence, exemption, endedExemption } = verdict;
  const word = status === "NON_COMPLIANT" ? `${status}, ${severity}` : status;
  const exempt = exemption === null ? "" : paint.faint(", exempt");
  const lines = [
    paragraph(`${paint.strong(same.map(({ rule }) => rule).join(", "))}  ${paint.status[status](word)}${exempt}`, {
      width,
    }),
    paragraph(message, { width, first: "  " }),
  ];
  for (const [name, value] of Object.entries(evidence))
    lines.push(
      paragraph(showEvidence(value), {
        width,
        first: `  ${paint.faint(`${name}:`)} `,
      }),
    );
  if (exemption !== null)
    lines.push(
      paragraph(
        `Exempt by ${exemption.owner} (${exemption.source}): ${exemption.reason}; ${describeEnd(exemption.until, observedAt)}`,
        { width, first: "  " },
      ),
    );
  if (endedExemption !== null)
    lines.push(
      paragraph(`Exempted until ${endedExemption.until} by ${endedExemption.owner}: ${endedExemption.reason}`, {
        width,
        first: "  ",
      }),
    );
  if (remediation !== null && remediation !== "") lines.push(paragraph(remediation, { width, first: "  → " }));
  return lines.join("\n");
}
