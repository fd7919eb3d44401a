import { resourceType } from "../../model/database.ts";
import type { Finding } from "../../model/finding.ts";
import type { Report } from "../../model/report.ts";
import { describeEngine, describeResource, describeSecret } from "../text/describe-database.ts";
import { describeEvidence, describeExemptionEnd, severityLabel } from "../text/describe-finding.ts";
import { truncate } from "../text/truncate.ts";
import { toConsoleLink } from "./console-link.ts";

/** Characters of one evidence value. */
export const maxEvidence = 2_000;

/** A finding as the table of a large report has it. */
export type FindingRow = {
  /** The severity, "not evaluated" or "exempt". */
  readonly severity: string;
  readonly database: string;
  readonly type: string;
  readonly account: string;
  readonly region: string;
  readonly rule: string;
  /** The day since which it has been open. */
  readonly since: string;
  readonly message: string;
  readonly remediation: string;
  /** Facts: names and values. */
  readonly evidence: readonly (readonly [string, string])[];
  readonly link: string | null;
};

/** A database as the table of a large report has it. */
export type DatabaseRow = {
  readonly database: string;
  readonly type: string;
  readonly account: string;
  readonly region: string;
  readonly management: string;
  readonly reason: string;
  readonly secret: string;
  /** The number of its active and exempt findings. */
  readonly findings: number;
  readonly link: string | null;
};

/** A list of rows, as one list for each field: compresses to about half. */
export type Columns<Row> = { readonly [Field in keyof Row]: readonly Row[Field][] };

/** What the script of a large report reads: columns of a table, or null for a table that the page shows in full. */
export type TableData = {
  readonly findings: Columns<FindingRow> | null;
  readonly databases: Columns<DatabaseRow> | null;
};

/** Rows of all findings, in the order of the report. */
export function toFindingRows({ databases, findings, generatedAt, hasHistory }: Report): readonly FindingRow[] {
  const types = new Map(databases.map((database) => [database.arn, describeEngine(database)]));
  return findings.map((finding) => {
    const { resource, account, region, rule, firstSeenAt, message, remediation, evidence, exemption } = finding;
    return {
      severity: exemption === null ? severityLabel(finding) : "exempt",
      database: resource.identifier,
      type: types.get(resource.arn) ?? describeResource(resource),
      account,
      region,
      rule,
      since: hasHistory ? firstSeenAt.slice(0, 10) : "not known",
      message,
      remediation,
      evidence: [
        ["ARN", resource.arn],
        ...describeExemption(finding, generatedAt),
        ...Object.entries(evidence).map(
          ([name, value]) => [name, truncate(describeEvidence(value), maxEvidence)] as const,
        ),
      ],
      link: toConsoleLink(resource, region),
    };
  });
}

function describeExemption(
  { exemption, endedExemption }: Finding,
  now: string,
): readonly (readonly [string, string])[] {
  const shown = exemption ?? endedExemption;
  if (shown === null) return [];
  return [["Exemption", `${shown.owner}, ${describeExemptionEnd(shown.until, now)}: ${shown.reason}`]];
}

/** Rows of all databases, in the order of the report. */
export function toDatabaseRows(
  { databases, findings }: Report,
  reasons: Readonly<Record<string, string>>,
): readonly DatabaseRow[] {
  const byArn = Map.groupBy(findings, ({ resource }) => resource.arn);
  return databases.map((database) => {
    const { identifier, account, region, management, reason, arn } = database;
    return {
      database: identifier,
      type: describeEngine(database),
      account,
      region,
      management,
      reason: reason === null ? "" : (reasons[reason] ?? reason),
      secret: describeSecret(database),
      findings: byArn.get(arn)?.length ?? 0,
      link: toConsoleLink({ type: resourceType(database), identifier }, region),
    };
  });
}
