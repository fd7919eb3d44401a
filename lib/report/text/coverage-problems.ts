import type { Report } from "../../model/report.ts";
import { adviseOnGap, describeFailure } from "./describe-coverage.ts";
import { describeNarrowing } from "./describe-request.ts";

/** Something that was not seen, or is not shown, apart from the findings that say so themselves. */
export type CoverageProblem = {
  /** Stable across reports. */
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly message: string;
  /** What to do; empty if it depends on the case. */
  readonly remediation: string;
  /** ARN or reference; null if the whole Region or account is affected. */
  readonly resource: string | null;
};

/** The id of the rule to which formats assign coverage problems, because they have none of their own. */
export const coverageRule = "coverage-complete";

/** Each gap, and what makes a report without findings less than clean: nothing was audited, no rule was evaluated, or filters leave something out. */
export function describeCoverageProblems({ coverage, narrowedBy }: Report): readonly CoverageProblem[] {
  const { targets, rules, gaps } = coverage;
  const problems = gaps.map(({ account, region, action, code, message, resource }) => ({
    id: [coverageRule, account, region, action, resource ?? ""].join("/"),
    account,
    region,
    message: `${describeFailure(action, code)}: ${message}`,
    remediation: adviseOnGap(action, code) ?? "",
    resource,
  }));
  if (targets.length === 0)
    problems.push(inAll("no-target", "Nothing was audited.", "Name accounts and Regions to audit."));
  if (rules.length === 0)
    problems.push(
      inAll(
        "no-rule",
        "No rule was evaluated, because the policy turns all rules off.",
        "Turn rules on in the policy.",
      ),
    );
  if (narrowedBy !== null && narrowedBy.findingsLeftOut + narrowedBy.databasesLeftOut > 0)
    problems.push(inAll("narrowed", `Shown: ${describeNarrowing(narrowedBy)}.`, "Omit the filters to see everything."));
  return problems;
}

function inAll(id: string, message: string, remediation: string): CoverageProblem {
  return { id: `${coverageRule}/${id}`, account: "", region: "", message, remediation, resource: null };
}
