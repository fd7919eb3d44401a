import { stringify } from "csv-stringify/sync";
import { coverageRule, describeCoverageProblems } from "../text/coverage-problems.ts";
import { makePrintable } from "../text/printable.ts";
import type { Reporter } from "../text/reporter.ts";
import { type FindingOutcome, outcomeOf } from "./outcomes.ts";

/** A quote before a value that a spreadsheet would run as a formula. Source: https://owasp.org/www-community/attacks/CSV_Injection */
const layout = { header: true, escape_formulas: true } as const;

const findingColumns = [
  ...["status", "severity", "rule", "account", "region", "identifier", "type", "message", "remediation"],
  ...["exemptOwner", "exemptReason", "exemptUntil", "exemptionEnded", "firstSeenAt", "arn", "resourceId", "id"],
];

/**
 * One line a finding, in the order of the report, then one a coverage problem: as INSUFFICIENT_DATA of the rule `coverage-complete`.
 * `firstSeenAt` is empty if the audit had no earlier one to compare with.
 */
export const renderCsv: Reporter = (untrusted) => {
  const report = makePrintable(untrusted);
  const findings = report.findings.map(({ resource, exemption, endedExemption, ...finding }) => ({
    ...finding,
    ...resource,
    firstSeenAt: report.hasHistory ? finding.firstSeenAt : undefined,
    exemptOwner: exemption?.owner,
    exemptReason: exemption?.reason,
    exemptUntil: exemption?.until,
    exemptionEnded: endedExemption?.until,
  }));
  const problems = describeCoverageProblems(report).map(({ resource, ...problem }) => ({
    ...problem,
    status: "INSUFFICIENT_DATA",
    rule: coverageRule,
    arn: resource,
  }));
  return stringify([...findings, ...problems], { ...layout, columns: findingColumns });
};

const databaseColumns = [
  ...["management", "reason", "account", "region", "identifier", "kind", "engine", "engineVersion", "status"],
  ...["secretArn", "secretStatus", "secretKey", "violations", "notEvaluated", "exempt", "arn", "resourceId"],
];

/** One line a database, findings or not: who owns its password, its secret, and the number of its findings. */
export const renderDatabasesCsv: Reporter = (untrusted) => {
  const { databases, findings } = makePrintable(untrusted);
  const byDatabase = Map.groupBy(findings, ({ resource }) => resource.arn);
  const rows = databases.map(({ masterUserSecret, ...database }) => {
    const found = byDatabase.get(database.arn) ?? [];
    const numberOf = (outcome: FindingOutcome) => found.filter((finding) => outcomeOf(finding) === outcome).length;
    return {
      ...database,
      secretArn: masterUserSecret?.secretArn,
      secretStatus: masterUserSecret?.status,
      secretKey: masterUserSecret?.kmsKeyId,
      violations: numberOf("violation"),
      notEvaluated: numberOf("notEvaluated"),
      exempt: numberOf("exempt"),
    };
  });
  return stringify(rows, { ...layout, columns: databaseColumns });
};
