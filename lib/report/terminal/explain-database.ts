import { type ClassifiedDatabase, describeDatabase } from "../../model/database.ts";
import type { Exemption, Finding, Severity, Status } from "../../model/finding.ts";
import { describeEngine } from "../text/describe-database.ts";
import { describeEvidence, describeExemptionEnd } from "../text/describe-finding.ts";
import { sortBySeverity, statuses } from "../text/group-findings.ts";
import { makePrintable } from "../text/printable.ts";
import type { ReportOptions } from "../text/reporter.ts";
import { createLayout, type Layout } from "./layout.ts";
import { pad, paragraph, widest } from "./paragraph.ts";

/** The verdict of one rule, with its severity and exemption under the policy. */
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

/** One database and the verdicts of all rules. */
export type DatabaseDetails = {
  readonly database: ClassifiedDatabase;
  /** The documentation behind the reason for its management. */
  readonly source: string | null;
  readonly verdicts: readonly DatabaseVerdict[];
  readonly rulesOff: readonly string[];
  /** ISO 8601. */
  readonly observedAt: string;
};

/** Renders one database: its attributes, who manages its master password, and the verdict of every rule with its evidence. */
export function explainDatabase(untrusted: DatabaseDetails, options: Pick<ReportOptions, "width" | "color">): string {
  const details = makePrintable(untrusted);
  const layout = createLayout(options);
  const { database, rulesOff } = details;
  const verdicts = sortBySeverity(details.verdicts);
  const sorted = statuses.flatMap((status) => verdicts.filter((verdict) => verdict.status === status));
  const title = describeDatabase(database);
  const sections = [
    [layout.paint.strong(title.charAt(0).toUpperCase() + title.slice(1)), ...renderAttributes(details, layout)].join(
      "\n",
    ),
    ...[...Map.groupBy(sorted, ({ status, message }) => `${status} ${message}`).values()].map((same) =>
      renderVerdict(same, details, layout),
    ),
  ];
  if (rulesOff.length > 0)
    sections.push(paragraph(`Turned off by the policy: ${rulesOff.join(", ")}.`, { width: layout.width }));
  return `${sections.join("\n\n")}\n`;
}

function renderAttributes({ database, source, observedAt }: DatabaseDetails, { width, paint }: Layout): string[] {
  const { masterUserSecret: secret, explanation, doubt } = database;
  const management = describeManagement(database);
  const attributes: [string, string | null][] = [
    ["Type", describeEngine(database)],
    ["Account", database.account],
    ["Region", database.region],
    ["ARN", database.arn],
    ["Resource ID", database.resourceId],
    ["Created", database.createdAt],
    ["Observed", observedAt],
    ["Master password", explanation === null ? management : `${management}: ${explanation}`],
    ["Uncertain", doubt],
    ["Documentation", source],
    ["Secret", secret === null ? null : `${secret.secretArn ?? "no ARN"} (${secret.status ?? "no status"})`],
    ["KMS key", secret === null ? null : (secret.kmsKeyId ?? "not reported")],
    ["Tags", describeTags(database.tags)],
  ];
  const columns = widest(attributes.map(([name]) => name));
  return attributes.flatMap(([name, value]) =>
    value === null ? [] : [paragraph(value, { width, first: `  ${paint.faint(pad(name, columns))}  ` })],
  );
}

function describeManagement({ management }: ClassifiedDatabase): string {
  switch (management) {
    case "managed":
      return "managed by RDS in Secrets Manager";
    case "unmanaged":
      return "not managed by RDS, but could be";
    case "inherited":
      return "owned by another database";
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

/** One verdict, or several rules with the same message, such as those that do not apply. */
function renderVerdict(
  same: readonly DatabaseVerdict[],
  { observedAt }: DatabaseDetails,
  { width, paint }: Layout,
): string {
  const [verdict] = same;
  if (verdict === undefined) return "";
  const { severity, status, message, remediation, evidence, exemption, endedExemption } = verdict;
  const word = status === "NON_COMPLIANT" ? `${status}, ${severity}` : status;
  const exempt = exemption === null ? "" : paint.faint(", exempt");
  const rules = paint.strong(same.map(({ rule }) => rule).join(", "));
  const lines: string[] = [];
  const add = (text: string, first = "  ") => lines.push(paragraph(text, { width, first }));
  add(`${rules}  ${paint.status[status](word)}${exempt}`, "");
  add(message);
  for (const [name, value] of Object.entries(evidence)) add(describeEvidence(value), `  ${paint.faint(`${name}:`)} `);
  if (exemption !== null) {
    const { owner, source, reason, until } = exemption;
    add(`Exempted by ${owner} (${source}): ${reason}; ${describeExemptionEnd(until, observedAt)}`);
  }
  if (endedExemption !== null)
    add(`Was exempted by ${endedExemption.owner} until ${endedExemption.until}: ${endedExemption.reason}`);
  if (remediation !== null && remediation !== "") add(remediation, "  → ");
  return lines.join("\n");
}
