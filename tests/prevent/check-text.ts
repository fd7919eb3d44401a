import { parsePolicy } from "../../lib/model/policy.ts";
import type { Report } from "../../lib/model/report.ts";
import type { ParameterValues } from "../../lib/prevent/cloudformation/parameters.ts";
import { parseTemplate } from "../../lib/prevent/cloudformation/parse-template.ts";
import { toDeclarations } from "../../lib/prevent/cloudformation/to-declarations.ts";
import { assembleCheckReport } from "../../lib/prevent/templates/assemble-check-report.ts";
import { parsePlan } from "../../lib/prevent/terraform/parse-plan.ts";
import { toPlannedDeclarations } from "../../lib/prevent/terraform/to-declarations.ts";
import { policyRuleIds, rules } from "../../rules/index.ts";
import { now } from "../support/builders.ts";

type Surroundings = {
  readonly policy?: string;
  readonly parameters?: ParameterValues;
  readonly account?: string;
  readonly region?: string;
};

const file = "template.yaml";

/** Checks the text of a template or plan. */
export function checkText(
  text: string,
  { policy = "", parameters = new Map(), account, region }: Surroundings = {},
): Report {
  const target = { account: account ?? null, region: region ?? null };
  const plan = parsePlan(text, file);
  const declarations =
    plan === null
      ? toDeclarations(parseTemplate(text, file), { parameters, target, nestedAreJudged: false })
      : toPlannedDeclarations(plan, target);
  const standard = {
    policy: parsePolicy(policy || "{}", "policy.yaml", policyRuleIds),
    rules,
    now,
    version: "0",
  };
  return assembleCheckReport([declarations], [], standard);
}

/** The verdict on a resource by a rule: its status, or PASS if there is no finding. */
export function verdictOn(report: Report, name: string, rule = "master-password-managed"): string {
  const found = report.findings.find((finding) => finding.resource.identifier === name && finding.rule === rule);
  return found === undefined ? "PASS" : found.exemption === null ? found.status : "EXEMPT";
}

/** How a resource is classified: its management, or the reason. */
export function classOf(report: Report, name: string): string | undefined {
  const database = report.databases.find(({ identifier }) => identifier === name);
  return database?.reason ?? database?.management;
}
