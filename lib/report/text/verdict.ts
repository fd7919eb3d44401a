import type { Report } from "../../model/report.ts";
import { count, countBySeverity, formatNumber } from "./count.ts";
import { groupFindings } from "./group-findings.ts";

/** Whether a report is clean, and a sentence or more that says why. */
export type ReportVerdict = { readonly word: "CLEAN" | "NOT CLEAN"; readonly sentence: string };

/** Summarizes a report: active violations, exemptions, how many master passwords RDS manages, and whether coverage is complete. */
export function describeVerdict(report: Report): ReportVerdict {
  const { clean, coverage, findings } = report;
  const { violations, exempt } = groupFindings(findings);
  const databases = new Set(violations.map(({ resource }) => resource.arn)).size;
  const sentences: string[] = [];
  if (violations.length > 0)
    sentences.push(
      `${count(violations.length, "violation")} on ${count(databases, "database")}: ${countBySeverity(violations)}.`,
    );
  else
    sentences.push(
      `No ${exempt.length > 0 ? "active " : ""}violations found${coverage.complete ? "" : ", but coverage is incomplete"}.`,
    );
  if (exempt.length > 0) sentences.push(`${count(exempt.length, "exempt finding")}.`);
  sentences.push(describeManaged(report));
  if (violations.length > 0 && !coverage.complete) sentences.push("Coverage is incomplete.");
  return { word: clean ? "CLEAN" : "NOT CLEAN", sentence: sentences.join(" ") };
}

function describeManaged({ summary, coverage }: Report): string {
  const { managed, unmanaged } = summary;
  const all = managed + unmanaged;
  if (coverage.targets.length === 0) return "Nothing was audited.";
  if (summary.databases === 0) return "No databases found.";
  if (all === 0) return "No database has a master password that RDS can manage.";
  const passwords = count(all, "master password");
  return `RDS manages ${formatNumber(managed)} of ${coverage.complete ? passwords : `the ${passwords} found`}.`;
}
