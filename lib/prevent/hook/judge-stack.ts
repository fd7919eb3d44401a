import { UsageError } from "../../model/errors.ts";
import type { Finding } from "../../model/finding.ts";
import type { StackPayload } from "../../model/template-hook-event.ts";
import { parseTemplate, type Template } from "../cloudformation/parse-template.ts";
import type { StackTarget } from "../cloudformation/resolve.ts";
import { toDeclarations } from "../cloudformation/to-declarations.ts";
import { get, isRecord } from "../json-value.ts";
import { judgeDeclared, type Standard } from "../templates/judge-declared.ts";
import type { HookOutcome } from "./hook-outcome.ts";
import { describeFinding } from "./judge-resource.ts";

/** The stack or change set that is judged. */
export type TemplateOrigin = { readonly target: StackTarget; readonly name: string };

/**
 * Judges the databases of a template before its stack changes, except for those that the previous template has too. Only what is certain
 * without the values of parameters is refused: the rest is judged before each resource changes.
 */
export function judgeStack(
  { template: text, previousTemplate }: StackPayload,
  { target, name }: TemplateOrigin,
  standard: Standard,
): HookOutcome {
  const template = parseShown(text);
  if (typeof template === "string") return { refused: [], message: `${name} was not judged as a whole: ${template}` };
  const previous = parseShown(previousTemplate ?? "");
  const changed = declaredIn(template, target).filter((one) => !isIn(previous, one.name, template));
  const findings = changed.flatMap((one) => judgeDeclared(one, standard).findings);
  return refuse(name, findings);
}

/** Refuses violations. A violation that the deployment can still turn out not to be one is left to the hook for resources, as is the unknown. */
export function refuse(name: string, findings: readonly Finding[]): HookOutcome {
  const active = findings.filter(({ exemption }) => exemption === null);
  const refused = active.filter(isCertain);
  const left = [...new Set(active.filter((one) => !isCertain(one)).map(({ resource }) => resource.identifier))];
  return {
    refused: refused.map(describeFinding),
    message:
      left.length === 0
        ? `${name} meets the policy, as far as its template shows.`
        : `The template of ${name} does not show whether ${left.join(", ")} will meet the policy: judged before each is created or changed.`,
  };
}

function isCertain({ status, evidence }: Finding): boolean {
  return status === "NON_COMPLIANT" && !("conditionNotResolved" in evidence) && !("exemptionsNotDecided" in evidence);
}

/** A template that can declare a database, or why it is not judged. */
export function parseShown(text: string): Template | string {
  // Most templates declare no database, and parsing a large one takes seconds.
  if (!text.includes("AWS::RDS::DB")) return "its template shows no database.";
  try {
    return parseTemplate(text, "its template");
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}

/** The databases of a template. The values of parameters are not in the payload, so a default is no value. */
export function declaredIn({ root, ...template }: Template, target: StackTarget) {
  const parameters = isRecord(root.Parameters) ? Object.entries(root.Parameters) : [];
  const withoutDefaults = parameters.map(([name, parameter]) => {
    const { Default: _, ...others } = isRecord(parameter) ? parameter : {};
    return [name, others] as const;
  });
  return toDeclarations(
    { ...template, root: { ...root, Parameters: Object.fromEntries(withoutDefaults) } },
    { parameters: new Map(), target, nestedAreJudged: true },
  ).databases;
}

function isIn(previous: Template | string, name: string, { root }: Template): boolean {
  if (typeof previous === "string") return false;
  const [before, after] = [previous.root, root].map((one) => get(get(one, "Resources"), name));
  return before !== undefined && JSON.stringify(before) === JSON.stringify(after);
}
