import type { ChangeSetPayload } from "../../model/template-hook-event.ts";
import { get, isRecord } from "../json-value.ts";
import type { DeclaredPassword } from "../templates/declaration.ts";
import type { Standard } from "../templates/judge-declared.ts";
import type { HookOutcome } from "./hook-outcome.ts";
import { declareResource, judgeResolved } from "./judge-resource.ts";
import { declaredIn, parseShown, refuse, type TemplateOrigin } from "./judge-stack.ts";

/** What CloudFormation writes for a value that it knows only after the change set is executed. */
const knownLater = "{{changeSet:KNOWN_AFTER_APPLY}}";

/** Judges the databases that a change set creates or changes, by their resolved properties. What is not known yet is judged before each changes. */
export function judgeChangeSet(
  { template, changedResources }: ChangeSetPayload,
  { target, name }: TemplateOrigin,
  standard: Standard,
): HookOutcome {
  const passwords = passwordsIn(template, target);
  const findings = changedResources.flatMap(({ logicalResourceId: id, resourceType, action, afterContext }) => {
    if (action === "DELETE") return [];
    const properties = get(parseContext(afterContext ?? "{}"), "Properties");
    const declared = declareResource(id, resourceType, toFunctions(properties, []), { target, file: name });
    return declared === null ? [] : judgeResolved(declared, passwords.get(id) ?? null, standard);
  });
  return refuse(name, findings);
}

/** Where passwords come from, by logical ID. */
function passwordsIn(text: string, target: TemplateOrigin["target"]): ReadonlyMap<string, DeclaredPassword | null> {
  const template = parseShown(text);
  return new Map(
    typeof template === "string" ? [] : declaredIn(template, target).map(({ name, password }) => [name, password]),
  );
}

/** Parses a context. The error does not quote it, because it can have a password. */
function parseContext(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("The context of a changed resource is not JSON.");
  }
}

/** Values that are not known yet, as functions that cannot be resolved. Each is another value. */
function toFunctions(value: unknown, path: readonly string[]): unknown {
  if (typeof value === "string" && value.includes(knownLater))
    return { "Fn::GetAtt": ["the executed change set", path.join(".")] };
  if (Array.isArray(value)) return value.map((one, index) => toFunctions(one, [...path, String(index)]));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, toFunctions(one, [...path, key])]));
}
