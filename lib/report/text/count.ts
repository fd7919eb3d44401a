import { type Finding, severities } from "../../model/finding.ts";
import { plural } from "../../model/time.ts";

let grouped: Intl.NumberFormat | undefined;

/** "1 database", "12,345 databases". */
export function count(number: number, noun: string): string {
  return number < 1000 ? plural(number, noun) : `${formatNumber(number)} ${noun}s`;
}

/** "12,345". The formatter is created for the first number, because its data takes some milliseconds to load. */
export function formatNumber(number: number): string {
  grouped ??= new Intl.NumberFormat("en-US");
  return grouped.format(number);
}

/** "2 critical, 1 low": findings by severity, most severe first; severities without findings are omitted. */
export function countBySeverity(findings: readonly Pick<Finding, "severity">[]): string {
  return severities
    .map((severity) => [findings.filter((finding) => finding.severity === severity).length, severity] as const)
    .filter(([number]) => number > 0)
    .map(([number, severity]) => `${formatNumber(number)} ${severity}`)
    .join(", ");
}
