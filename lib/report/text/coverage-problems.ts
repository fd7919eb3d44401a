import type { Report } from "../../model/report.ts";
import { adviseOnGap, describeFailure } from "./describe-coverage.ts";

/** Something that was not seen, apart from the findings that say so themselves. */
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

/** Each gap, and a problem if nothing or no rule was evaluated: a report without findings is then not clean either. */
export function describeCoverageProblems({ coverage }: Report): readonly CoverageProblem[] {
  const { targets, rules, gaps } = coverage;
  const whole = { account: "", region: "", resource: null };
  return [
    ...gaps.map(({ account, region, action, code, message, resource }) => ({
      id: [coverageRule, account, region, action, resource ?? ""].join("/"),
      account,
      region,
      message: `${describeFailure(action, code)}: ${message}`,
      remediation: adviseOnGap(action, code) ?? "",
      resource,
    })),
    ...(targets.length === 0
      ? [
          {
            ...whole,
            id: `${coverageRule}/no-target`,
            message: "Nothing was audited.",
            remediation: "Name accounts and Regions to audit.",
          },
        ]
      : []),
    ...(rules.length === 0
      ? [
          {
            ...whole,
            id: `${coverageRule}/no-rule`,
            message: "No rule was evaluated, because the policy turns all rules off.",
            remediation: "Turn rules on in the policy.",
          },
        ]
      : []),
  ];
}
