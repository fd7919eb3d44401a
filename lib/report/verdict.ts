import type { Report } from "../model/report.ts";
import { count, countBySeverity } from "./count.ts";
import { sortOut } from "./finding-kinds.ts";

/** The answer to the question that was asked: clean or not, in a sentence or two. */
export type ReportVerdict = { readonly word: "CLEAN" | "NOT CLEAN"; readonly sentence: string };

/** Says whether a report is clean, how much is wrong, and whether everything was seen. */
export function describeVerdict(report: Report): ReportVerdict {
  const { clean, coverage, findings } = report;
  const { wrong, exempt } = sortOut(findings);
  const databases = new Set(wrong.map(({ resource }) => resource.arn)).size;
  const parts = [describeManaged(report)];
  if (wrong.length > 0)
    parts.push(`${count(wrong.length, "finding")} on ${count(databases, "database")}: ${countBySeverity(wrong)}.`);
  else if (coverage.complete) parts.push(exempt.length === 0 ? "Nothing is wrong." : "Nothing active is wrong.");
  else parts.push("Nothing wrong was found.");
  if (exempt.length > 0) parts.push(`${count(exempt.length, "finding")} exempt.`);
  if (!coverage.complete)
    parts.push(wrong.length > 0 ? "Not everything could be seen." : "But not everything could be seen.");
  return { word: clean ? "CLEAN" : "NOT CLEAN", sentence: parts.join(" ") };
}

function describeManaged({ summary, coverage }: Report): string {
  const { managed, unmanaged } = summary;
  const all = managed + unmanaged;
  if (coverage.targets.length === 0) return "Nothing was audited.";
  if (all === 0)
    return summary.databases === 0 ? "There are no databases." : "No database here can have a managed master password.";
  if (unmanaged > 0) return `RDS manages ${managed} of ${count(all, "master password")}.`;
  return all === 1
    ? "RDS manages the one master password there is."
    : `RDS manages all ${count(all, "master password")}.`;
}
