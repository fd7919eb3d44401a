import type { Finding } from "../../model/finding.ts";
import type { TemplateHookAnswer, TemplateHookEvent } from "../../model/template-hook-event.ts";
import { toDeclarations } from "../cloudformation/to-declarations.ts";
import { judgeDeclared, type Standard } from "../templates/judge-declared.ts";
import { passwordRule } from "../templates/password-rule.ts";

/**
 * Judges the database that CloudFormation or the Cloud Control API is about to create or change, in the words of `check`. What is not compliant
 * or cannot be judged fails. Where the password comes from is not judged, because CloudFormation has resolved it.
 */
export function judgeTarget(
  event: TemplateHookEvent,
  region: string,
  { policy, ...standard }: Standard,
): TemplateHookAnswer {
  const { awsAccountId: account, actionInvocationPoint, clientRequestToken, requestData, stackId } = event;
  const { targetName: Type, targetLogicalId, targetModel } = requestData;
  const name = targetLogicalId ?? Type;
  const pass = (message: string) => ({ hookStatus: "SUCCESS", message, clientRequestToken }) as const;
  if (actionInvocationPoint.startsWith("DELETE")) return pass(`${name} is deleted, so its password was not judged.`);
  const template = {
    file: stackId ?? "Cloud Control API",
    root: { Resources: { [name]: { Type, Properties: targetModel.resourceProperties } } },
    lineOf: () => null,
  };
  const context = { parameters: new Map(), target: { account, region }, nestedAreJudged: false };
  const [declared] = toDeclarations(template, context).databases;
  if (declared === undefined) return pass(`${name} is not a database with a master password: ${Type}.`);
  const { findings } = judgeDeclared(
    { ...declared, password: declared.password && { source: "reference", name: "the template or a parameter" } },
    { ...standard, policy: { ...policy, rulesOff: [...policy.rulesOff, passwordRule.id] } },
  );
  const active = findings.filter(({ exemption }) => exemption === null);
  if (active.length === 0) return pass(findings.length === 0 ? `${name} meets the policy.` : `${name} is exempt.`);
  const isViolation = active.some(({ status }) => status === "NON_COMPLIANT");
  return {
    hookStatus: "FAILED",
    errorCode: isViolation ? "NonCompliant" : "InternalFailure",
    message: active.map(describe).join(" "),
    clientRequestToken,
  };
}

/** What CloudFormation shows if the hook itself failed. It does not have the error, which can quote the resource. */
export function failToJudge(clientRequestToken: string): TemplateHookAnswer {
  return {
    hookStatus: "FAILED",
    errorCode: "InternalFailure",
    message:
      "rds-password-audit could not judge this database because of an error in the hook, not in the template. Tell the team that runs rds-password-audit: the log of the function templateHook has the error.",
    clientRequestToken,
  };
}

function describe({ rule, message, remediation }: Finding): string {
  return `[${rule}] ${message} ${remediation}`;
}
