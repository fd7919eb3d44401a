import { isAtLeast, isViolation, type Severity, severities } from "../lib/model/finding.ts";
import type { Report } from "../lib/model/report.ts";

/** From which severity on a finding makes the audit fail. */
export type FailOn = Severity | "never";

/** What `--fail-on` takes. */
export const failOnChoices: readonly FailOn[] = [...severities, "never"];

/** The statuses that the program ends with; a script may rely on them. */
export const exitStatus = { clean: 0, findings: 1, usage: 2, incomplete: 3, failure: 4, interrupted: 130 } as const;

/** The audit's exit status: a finding at or above the threshold counts more than that something was not seen. */
export function auditStatus({ findings, coverage }: Pick<Report, "findings" | "coverage">, failOn: FailOn): 0 | 1 | 3 {
  const fails = findings.some(
    (finding) => isViolation(finding) && failOn !== "never" && isAtLeast(finding.severity, failOn),
  );
  if (fails) return exitStatus.findings;
  return coverage.complete ? exitStatus.clean : exitStatus.incomplete;
}
