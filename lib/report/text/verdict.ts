import type { Report } from "../../model/report.ts";
import { count, countBySeverity, formatNumber } from "./count.ts";
import { describeNarrowing } from "./describe-request.ts";
import { groupByDatabase, groupFindings } from "./group-findings.ts";

/** Whether a report is clean, and a sentence or more that says why. LIMITED: nothing is wrong in what was asked, but not everything was. */
export type ReportVerdict = { readonly word: "CLEAN" | "NOT CLEAN" | "LIMITED"; readonly sentence: string };

/** Summarizes a report: active violations, exemptions, how many master passwords RDS manages, and whether coverage is complete. */
export function describeVerdict(report: Report): ReportVerdict {
  const { complete } = report.coverage;
  const { violations, exempt } = groupFindings(report.findings);
  const databases = count(groupByDatabase(violations).length, "database");
  const sentences = [
    violations.length > 0
      ? `${count(violations.length, "violation")} on ${databases}: ${countBySeverity(violations)}.`
      : `No ${exempt.length > 0 ? "active " : ""}violations ${report.narrowedBy === null ? "found" : "shown"}${complete ? "" : ", but coverage is incomplete"}.`,
  ];
  if (exempt.length > 0) sentences.push(`${count(exempt.length, "exempt finding")}.`);
  sentences.push(describeManaged(report));
  const { expected, regionNotEnabled, accountNotActive, excluded } = report.coverage.counts;
  const leftOut = regionNotEnabled + accountNotActive + excluded;
  if (leftOut > 0)
    sentences.push(`Not read: ${formatNumber(leftOut)} of ${formatNumber(expected)} expected accounts and Regions.`);
  if (violations.length > 0 && !complete) sentences.push("Coverage is incomplete.");
  sentences.push(...describeLimits(report));
  return { word: chooseWord(report, violations.length), sentence: sentences.join(" ") };
}

function chooseWord({ clean, coverage, narrowedBy, summary }: Report, violations: number): ReportVerdict["word"] {
  if (clean) return "CLEAN";
  const { critical, high, medium, low } = summary.findings;
  const hasViolations = violations > 0 || (narrowedBy !== null && critical + high + medium + low > 0);
  return coverage.complete && !hasViolations ? "LIMITED" : "NOT CLEAN";
}

function describeLimits({ coverage, narrowedBy }: Report): string[] {
  const { rules, rulesOff } = coverage;
  const shown = narrowedBy === null ? "" : describeNarrowing(narrowedBy);
  return [
    ...(rulesOff.length === 0 || rules.length === 0 ? [] : [`The policy turns off ${count(rulesOff.length, "rule")}.`]),
    ...(shown === "" ? [] : [`Shown: ${shown}.`]),
  ];
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
