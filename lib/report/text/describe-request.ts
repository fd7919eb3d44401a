import type { Report } from "../../model/report.ts";
import { count } from "./count.ts";

/** What an auditor asks of a report: who asked for it, with which command and policy, what was not asked, and what is not shown. */
export function describeRequest(report: Report): readonly (readonly [name: string, value: string])[] {
  const { request, coverage, tool, observedAt, narrowedBy, hasHistory } = report;
  const policy = request?.policy;
  return [
    ...(request === null
      ? []
      : ([
          ["Asked by", request.callers.join(", ") || "unknown: the inventory does not say"],
          ["Command", request.command],
          ["Policy", policy == null ? "none: the default policy" : `${policy.file}, SHA-256 ${policy.sha256}`],
        ] as const)),
    ["Rules", `${count(coverage.rules.length, "rule")} evaluated`],
    ...(coverage.rulesOff.length === 0 ? [] : ([["Turned off by the policy", coverage.rulesOff.join(", ")]] as const)),
    ...(narrowedBy === null ? [] : ([["Shown", describeNarrowing(narrowedBy)]] as const)),
    ["AWS read at", observedAt],
    ["Open since", hasHistory ? "from earlier audits" : "not known: this audit had no earlier one to compare with"],
    ["Made by", `${tool.name} ${tool.version}`],
  ];
}

/** "only severity high or above and rule x: 3 findings and 2 databases are left out". */
export function describeNarrowing(narrowedBy: NonNullable<Report["narrowedBy"]>): string {
  const { filters, findingsLeftOut, databasesLeftOut } = narrowedBy;
  const databases = databasesLeftOut === 0 ? "" : ` and ${count(databasesLeftOut, "database")}`;
  const verb = findingsLeftOut === 1 && databasesLeftOut === 0 ? "is" : "are";
  return `only ${filters.join(" and ")}: ${count(findingsLeftOut, "finding")}${databases} ${verb} left out`;
}
