import { CommanderError } from "commander";
import { UsageError } from "../lib/model/errors.ts";
import { isAtLeast, isViolation, type Severity, severities } from "../lib/model/finding.ts";
import type { Report } from "../lib/model/report.ts";

/** The lowest severity that makes the audit exit with 1. */
export type FailOn = Severity | "never";

/** The values of `--fail-on`. */
export const failOnChoices: readonly FailOn[] = [...severities, "never"];

/** The program's exit statuses. Scripts rely on them. */
export const exitStatus = { clean: 0, findings: 1, usage: 2, incomplete: 3, failure: 4, interrupted: 130 } as const;

/** The audit's exit status. A finding at or above the threshold outweighs incomplete coverage. */
export function auditStatus(
  { findings, coverage }: Pick<Report, "findings"> & { readonly coverage: Pick<Report["coverage"], "complete"> },
  failOn: FailOn,
): 0 | 1 | 3 {
  const fails = findings.some(
    (finding) => isViolation(finding) && failOn !== "never" && isAtLeast(finding.severity, failOn),
  );
  if (fails) return exitStatus.findings;
  return coverage.complete ? exitStatus.clean : exitStatus.incomplete;
}

/** The exit status of a command that threw. */
export function failureStatus(error: unknown): 0 | 2 | 4 {
  // Commander also throws to end the program after --help and --version.
  if (error instanceof CommanderError && error.exitCode === 0) return exitStatus.clean;
  return error instanceof CommanderError || error instanceof UsageError ? exitStatus.usage : exitStatus.failure;
}
