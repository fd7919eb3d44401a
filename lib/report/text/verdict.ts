import type { Report } from "../../model/report.ts";
import { count, countBySeverity, formatNumber } from "./count.ts";
import { groupFindings } from "./group-findings.ts";

/** The answer to the question that was asked: clean or not, in a sentence or two. */
export type ReportVerdict = { readonly word: "CLEAN" | "NOT CLEAN"; readonly sentence: string };

/** Says whether a report is clean, how much is wrong, and whether everything was seen. */
export function describeVerdict(report: Report): ReportVerdict {
  const { clean, coverage, findings } = report;
  const { wrong, exempt } = groupFindings(findings);
  const databases = new Set(wrong.map(({ resource }) => resource.arn)).size;
  const parts = [describeManaged(report)];
  if (wrong.length > 0)
    parts.push(`${count(wrong.length, "finding")} on ${count(databases, "database")}: ${countBySeverity(wrong)}.`);
  else if (!coverage.complete) parts.push("Nothing wrong was found, but not everything could be seen.");
  else parts.push(exempt.length === 0 ? "Nothing is wrong." : "Nothing active is wrong.");
  if (exempt.length > 0) parts.push(`${count(exempt.length, "finding")} exempt.`);
  if (wrong.length > 0 && !coverage.complete) parts.push("Not everything could be seen.");
  return { word: clean ? "CLEAN" : "NOT CLEAN", sentence: parts.join(" ") };
}

function describeManaged({ summary, coverage }: Report): string {
  const { managed, unmanaged } = summary;
  const all = managed + unmanaged;
  if (coverage.targets.length === 0) return "Nothing was audited.";
  if (all === 0)
    return summary.databases === 0 ? "There are no databases." : "No database here can have a managed master password.";
  const seen = coverage.complete ? "there is" : "that was seen";
  if (unmanaged > 0) return `RDS manages ${formatNumber(managed)} of ${formatNumber(all)} master passwords.`;
  if (all === 1) return `RDS manages the one master password ${seen}.`;
  return `RDS manages all ${count(all, "master password")}${coverage.complete ? "" : " that were seen"}.`;
}
