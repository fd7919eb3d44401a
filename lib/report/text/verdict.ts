import type { Report } from "../../model/report.ts";
import { count, countBySeverity, formatNumber } from "./count.ts";
import { groupByDatabase, groupFindings } from "./group-findings.ts";

/** Whether a report is clean, and a sentence or more that says why. */
export type ReportVerdict = { readonly word: "CLEAN" | "NOT CLEAN"; readonly sentence: string };

/** Summarizes a report: active violations, exemptions, how many master passwords RDS manages, and whether coverage is complete. */
export function describeVerdict(report: Report): ReportVerdict {
  const { complete } = report.coverage;
  const { violations, exempt } = groupFindings(report.findings);
  const databases = count(groupByDatabase(violations).length, "database");
  const sentences = [
    violations.length > 0
      ? `${count(violations.length, "violation")} on ${databases}: ${countBySeverity(violations)}.`
      : `No ${exempt.length > 0 ? "active " : ""}violations found${complete ? "" : ", but coverage is incomplete"}.`,
  ];
  if (exempt.length > 0) sentences.push(`${count(exempt.length, "exempt finding")}.`);
  sentences.push(describeManaged(report));
  const { expected, regionNotEnabled, accountNotActive, excluded } = report.coverage.counts;
  const leftOut = regionNotEnabled + accountNotActive + excluded;
  if (leftOut > 0)
    sentences.push(`Not read: ${formatNumber(leftOut)} of ${formatNumber(expected)} expected accounts and Regions.`);
  if (violations.length > 0 && !complete) sentences.push("Coverage is incomplete.");
  return { word: report.clean ? "CLEAN" : "NOT CLEAN", sentence: sentences.join(" ") };
}

function describeManaged({ summary, coverage }: Report): string {
  const { managed, unmanaged } = summary;
  const all = managed + unmanaged;
  if (coverage.targets.length === 0) return "Nothing was audited.";
  if (coverage.rules.length === 0) return "No rule was evaluated, because the policy turns all rules off.";
  if (summary.databases === 0) return "No databases found.";
  if (all === 0) return "No database has a master password that RDS can manage.";
  const passwords = count(all, "master password");
  return `RDS manages ${formatNumber(managed)} of ${coverage.complete ? passwords : `the ${passwords} found`}.`;
}
