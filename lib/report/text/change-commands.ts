import type { Finding } from "../../model/finding.ts";

/** The commands that show how violations are repaired in the source of a database, in a sentence; null without violations. */
export function describeChangeCommands(violations: readonly Pick<Finding, "location">[]): string | null {
  if (violations.length === 0) return null;
  return violations.some(({ location }) => location !== undefined)
    ? "To repair templates: rds-password-audit check FILE --diff prints a diff, and explain RULE --tool TOOL the steps in CloudFormation, the CDK or Terraform."
    : "To make a change in CloudFormation, the CDK or Terraform, see rds-password-audit explain DATABASE --tool TOOL.";
}
