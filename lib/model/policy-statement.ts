import * as z from "zod/mini";
import { jsonText } from "./json-text.ts";

/** One text or a list of them, as IAM accepts both. */
export const texts = z.pipe(
  z.transform((value) => (Array.isArray(value) ? value : [value])),
  z.array(z.pipe(z.union([z.string(), z.boolean(), z.number()]), z.transform(String))),
);

const principalsSchema = z.union([
  z.literal("*"),
  z.strictObject({
    AWS: z.optional(texts),
    Service: z.optional(texts),
    Federated: z.optional(texts),
    CanonicalUser: z.optional(texts),
  }),
]);
export type Principals = z.infer<typeof principalsSchema>;

/** Strict: an element that is not listed may change what the statement does. */
const statementSchema = z.strictObject({
  Sid: z.optional(z.string()),
  Effect: z.enum(["Allow", "Deny"]),
  Principal: z.optional(principalsSchema),
  NotPrincipal: z.optional(principalsSchema),
  Action: z.optional(texts),
  NotAction: z.optional(texts),
  Resource: z.optional(texts),
  NotResource: z.optional(texts),
  Condition: z.optional(z.record(z.string(), z.record(z.string(), texts))),
});

const documentSchema = z.pipe(jsonText, z.object({ Statement: z.unknown() }));

/** A statement of a resource policy. */
export type PolicyStatement = z.infer<typeof statementSchema> & {
  /** Its Sid in quotes, or its position, counted from 1. */
  readonly label: string;
};

/** A statement with an element that this version does not know. */
export type UnknownStatement = { readonly Effect: "unknown"; readonly label: string };

/** Parses the statements of a resource policy (JSON text). Null if the text is not a policy. */
export function parseStatements(policy: string): readonly (PolicyStatement | UnknownStatement)[] | null {
  const Statement = documentSchema.safeParse(policy).data?.Statement;
  if (Statement === undefined) return null;
  return [Statement].flat().map((one, index) => {
    const { success, data } = statementSchema.safeParse(one);
    if (!success) return { Effect: "unknown", label: String(index + 1) };
    return { ...data, label: data.Sid === undefined ? String(index + 1) : `"${data.Sid}"` };
  });
}

/** True if a statement is about an action. A statement without actions, which AWS would refuse, is about all. */
export function coversAction({ Action, NotAction }: Pick<PolicyStatement, "Action" | "NotAction">, action: string) {
  const matches = (patterns: readonly string[]) =>
    patterns.some((pattern) => isMatch(pattern.toLowerCase(), action.toLowerCase()));
  return NotAction !== undefined ? !matches(NotAction) : Action === undefined || matches(Action);
}

/** True if all are true, false if any is false, otherwise null: unknown. */
export function allOf(verdicts: readonly (boolean | null)[]): boolean | null {
  return verdicts.includes(false) ? false : verdicts.includes(null) ? null : true;
}

/** True if any is true, null (unknown) if any is unknown, otherwise false. */
export function anyOf(verdicts: readonly (boolean | null)[]): boolean | null {
  return verdicts.includes(true) ? true : verdicts.includes(null) ? null : false;
}

const operators = /^(?<kind>String|Arn|Bool)(?<not>Not)?(?<how>Equals|EqualsIgnoreCase|Like)?(IfExists)?$/;

/** Whether a condition holds for a request in which its key has this value. Null for an operator or a value that only AWS can evaluate. */
export function isConditionMet(operator: string, values: readonly string[], actual: string): boolean | null {
  const { kind, not, how = "" } = operators.exec(operator)?.groups ?? {};
  if (kind === undefined || (how === "") !== (kind === "Bool")) return null;
  if (values.some((value) => value.includes("${"))) return null;
  const isExact = kind === "String" && how === "Equals";
  const fold = (text: string) => (kind === "Bool" || how === "EqualsIgnoreCase" ? text.toLowerCase() : text);
  const isEqual = (value: string) => (isExact ? value === actual : isMatch(fold(value), fold(actual)));
  return values.some(isEqual) !== (not !== undefined);
}

/** Compares text with a pattern of IAM, where `*` is any text and `?` any character. */
export function isMatch(pattern: string, text: string): boolean {
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`, "s").test(text);
}
