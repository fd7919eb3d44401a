import type { Finding } from "../../model/finding.ts";
import type { ResourceData } from "../../model/template-hook-event.ts";
import type { StackTarget } from "../cloudformation/resolve.ts";
import { toDeclarations } from "../cloudformation/to-declarations.ts";
import type { DeclaredDatabase, DeclaredPassword } from "../templates/declaration.ts";
import { judgeDeclared, type Standard } from "../templates/judge-declared.ts";
import { passwordRule } from "../templates/password-rule.ts";
import type { HookOutcome } from "./hook-outcome.ts";

/** Where a resource is deployed, and what stands for its file. */
type ResourceOrigin = { readonly target: StackTarget; readonly file: string };

/**
 * Judges a database before it is created or changed. What is not compliant or cannot be judged is refused. Where the password comes from is
 * not judged, because CloudFormation has resolved it.
 */
export function judgeResource(
  { targetName: type, targetLogicalId, targetModel }: ResourceData,
  origin: ResourceOrigin,
  standard: Standard,
): HookOutcome {
  const name = targetLogicalId ?? type;
  const declared = declareResource(name, type, targetModel.resourceProperties, origin);
  if (declared === null) return { refused: [], message: `${name} is not a database with a master password: ${type}.` };
  const findings = judgeResolved(declared, null, standard);
  const active = findings.filter(({ exemption }) => exemption === null);
  return {
    refused: active.map(describeFinding),
    isUnknown: active.every(({ status }) => status !== "NON_COMPLIANT"),
    message: findings.length === 0 ? `${name} meets the policy.` : `${name} is exempt.`,
  };
}

/** A resource whose properties CloudFormation has resolved, as a declaration; null for what is no database. */
export function declareResource(
  name: string,
  Type: string,
  Properties: unknown,
  { target, file }: ResourceOrigin,
): DeclaredDatabase | null {
  const template = { file, root: { Resources: { [name]: { Type, Properties } } }, lineOf: () => null };
  return toDeclarations(template, { parameters: new Map(), target, nestedAreJudged: false }).databases[0] ?? null;
}

/** Judges resolved properties. Where the password comes from is judged only if the template shows it: `fromTemplate`. */
export function judgeResolved(
  declared: DeclaredDatabase,
  fromTemplate: DeclaredPassword | null,
  { policy, ...standard }: Standard,
): readonly Finding[] {
  const resolved = { source: "reference", name: "the template or a parameter" } as const;
  return judgeDeclared(
    { ...declared, password: declared.password && (fromTemplate ?? resolved) },
    {
      ...standard,
      policy: fromTemplate === null ? { ...policy, rulesOff: [...policy.rulesOff, passwordRule.id] } : policy,
    },
  ).findings;
}

/** "[master-password-managed] RDS will not manage … Set …". */
export function describeFinding({ rule, message, remediation }: Finding): string {
  return `[${rule}] ${message} ${remediation}`;
}
