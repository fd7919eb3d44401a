import * as z from "zod/mini";
import { jsonText } from "./json-text.ts";
import { coversAction, isMatch, texts } from "./policy-statement.ts";

/** The service-linked role that RDS manages secrets with; the account is a placeholder. */
const rdsRole = "arn:aws:iam::000000000000:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS";
const rdsPrincipal = /(^|[./:])(rds\.amazonaws\.com|AWSServiceRoleForRDS)($|\/)/;

/**
 * What the role may do with a secret, and needs to rotate it. It never reads the value.
 * Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonRDSServiceRolePolicy.html (version 14, as of 2026-10)
 */
const rdsActions = [
  "secretsmanager:DeleteSecret",
  "secretsmanager:DescribeSecret",
  "secretsmanager:ListSecretVersionIds",
  "secretsmanager:PutSecretValue",
  "secretsmanager:RotateSecret",
  "secretsmanager:TagResource",
  "secretsmanager:UpdateSecret",
  "secretsmanager:UpdateSecretVersionStage",
];

const statementSchema = z.partial(
  z.object({
    Effect: z.string(),
    Principal: z.unknown(),
    NotPrincipal: z.unknown(),
    Action: texts,
    NotAction: texts,
    Condition: z.record(z.string(), z.record(z.string(), texts)),
  }),
);
const policySchema = z.object({
  Statement: z.pipe(
    z.transform((statement) => (Array.isArray(statement) ? statement : [statement])),
    z.array(statementSchema),
  ),
});
type SecretPolicyStatement = z.infer<typeof statementSchema>;

/**
 * True if a secret's resource policy (JSON text) denies RDS something that it needs, null if that depends on a condition that only AWS can
 * evaluate. Text that is not a policy denies nothing.
 */
export function deniesRds(policy: string): boolean | null {
  const { Statement = [] } = z.pipe(jsonText, policySchema).safeParse(policy).data ?? {};
  const verdicts = Statement.map(isDenialOfRds);
  return verdicts.includes(true) || (verdicts.includes(null) ? null : false);
}

function isDenialOfRds(statement: SecretPolicyStatement): boolean | null {
  const { Effect, Principal, NotPrincipal } = statement;
  const includesRds = NotPrincipal === undefined ? namesRds(Principal) : !namesRds(NotPrincipal);
  const coversRds = rdsActions.some((action) => coversAction(statement, action));
  if (Effect !== "Deny" || !includesRds || !coversRds) return false;
  const holds = Object.entries(statement.Condition ?? {}).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => holdsForRds(operator, key.toLowerCase(), values)),
  );
  if (holds.includes(false)) return false;
  return holds.includes(null) ? null : true;
}

function namesRds(principal: unknown): boolean {
  if (typeof principal === "string") return principal === "*" || rdsPrincipal.test(principal);
  if (Array.isArray(principal)) return principal.some(namesRds);
  if (typeof principal === "object" && principal !== null) return Object.values(principal).some(namesRds);
  return false;
}

/**
 * Whether a condition holds for a request of RDS, which uses TLS and its role in the secret's own account. That a policy names the account's
 * own organization is assumed. Null for every other condition.
 */
function holdsForRds(operator: string, key: string, values: readonly string[]): boolean | null {
  const isNegated = /Not(Equals|Like)/.test(operator);
  if (key === "aws:securetransport" && /^Bool/.test(operator)) return values.some((value) => value === "true");
  if (key === "aws:principalorgid" && isNegated) return false;
  if (key !== "aws:principalarn" || !/^(Arn|String)(Not)?(Equals|Like)/.test(operator)) return null;
  if (values.some((value) => value.includes("${"))) return null;
  return values.some((value) => isMatch(toPlaceholderAccount(value), rdsRole)) !== isNegated;
}

/** The ARN pattern in the partition and account of `rdsRole`, because the policy's own are not known here. */
function toPlaceholderAccount(pattern: string): string {
  return pattern.replace(/^arn:[^:]+:iam::\d{12}:/, "arn:aws:iam::000000000000:");
}
