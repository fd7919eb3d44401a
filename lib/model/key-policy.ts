import type { Grant, KeyScope } from "./key.ts";
import {
  allOf,
  anyOf,
  coversAction,
  isConditionMet,
  isMatch,
  type PolicyStatement,
  type Principals,
  parseStatements,
} from "./policy-statement.ts";

/**
 * Whether a key's policy and grants let RDS use the key for a secret. `denies` is certain. `allows` means that neither stands in the way; what
 * IAM adds is not known here.
 */
export type KeyAccess = {
  readonly verdict: "allows" | "denies" | "unknown";
  /** What decides it, as the end of a sentence; null if there is nothing to add. */
  readonly reason: string | null;
};

/**
 * What Secrets Manager does with the key of a secret whose value changes, on behalf of the caller, which is RDS's service-linked role.
 * Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html#security-encryption-authz (as of 2026-10)
 */
const neededActions = ["kms:Decrypt", "kms:GenerateDataKey"] as const;

/** Judges the policy of a key (JSON text) and its grants; null if the grants are not known. The scope is that of the database. */
export function judgeKeyAccess(
  policy: string,
  grants: readonly Grant[] | null,
  scope: KeyScope,
  keyArn: string,
): KeyAccess {
  const parsed = parseStatements(policy);
  if (parsed === null) return { verdict: "unknown", reason: "its policy is not one that this version can read" };
  const statements = parsed.filter((one): one is PolicyStatement => one.Effect !== "unknown");
  const denial = firstDenial(statements, scope, keyArn);
  if (denial?.isCertain) return { verdict: "denies", reason: `${denial.text} denies RDS ${join(denial.actions)}` };
  const strange = parsed.find(({ Effect }) => Effect === "unknown");
  if (strange !== undefined)
    return unknown(`statement ${strange.label} of its policy has an element that is not known here: what it does`);
  if (denial !== null) return unknown(`${denial.text} may deny RDS ${join(denial.actions)}: whether it does`);
  return judgePermission(statements, grants, scope, keyArn);
}

function unknown(doubt: string): KeyAccess {
  return { verdict: "unknown", reason: `${doubt} cannot be determined` };
}

function join(actions: readonly string[]): string {
  return actions.join(" and ");
}

/** The first Deny that applies to RDS for certain, otherwise the first that may; null if none does. */
function firstDenial(statements: readonly PolicyStatement[], scope: KeyScope, keyArn: string) {
  const denials = statements
    .filter(({ Effect }) => Effect === "Deny")
    .flatMap((statement) => {
      const actions = neededActions.filter((action) => coversAction(statement, action));
      const applies = actions.length === 0 ? false : appliesToRds(statement, scope, keyArn);
      const text = `statement ${statement.label} of its policy`;
      return applies === false ? [] : [{ text, actions, isCertain: applies === true }];
    });
  return denials.find(({ isCertain }) => isCertain) ?? denials[0] ?? null;
}

/** Whether every needed action is allowed by a statement or a grant. */
function judgePermission(
  statements: readonly PolicyStatement[],
  grants: readonly Grant[] | null,
  scope: KeyScope,
  keyArn: string,
): KeyAccess {
  const permissions = statements.filter(({ Effect }) => Effect === "Allow");
  const byPolicy = (action: string) =>
    permissions
      .filter((one) => coversAction(one, action))
      .map((one) => [one, appliesToRds(one, scope, keyArn)] as const);
  const byGrant = (action: string) =>
    grants === null ? null : anyOf(grants.map((grant) => isGrantOfRds(grant, action, scope)));
  const missing = neededActions.filter(
    (action) => anyOf([...byPolicy(action).map(([, applies]) => applies), byGrant(action)]) !== true,
  );
  const [first] = missing;
  if (first === undefined) return { verdict: "allows", reason: describeDelegation(permissions, byGrant, scope) };
  const doubtful = byPolicy(first).find(([, applies]) => applies === null)?.[0];
  if (doubtful !== undefined)
    return unknown(`statement ${doubtful.label} of its policy may allow RDS ${join(missing)}: whether it does`);
  if (missing.some((action) => byGrant(action) === null))
    return unknown(`no statement of its policy allows RDS ${join(missing)}, and whether a grant does`);
  return {
    verdict: "denies",
    reason: `no statement of its policy and no grant allows RDS ${join(missing)}${describeUnmet(permissions, first, scope)}`,
  };
}

/** The statement that leaves the permission to IAM, if nothing else gives it: what IAM says is not known here. */
function describeDelegation(
  permissions: readonly PolicyStatement[],
  byGrant: (action: string) => boolean | null,
  scope: KeyScope,
): string | null {
  const delegating = permissions.find(
    ({ Principal }) => Principal !== undefined && namesAccount(Principal, scope) && !coversRole(Principal, scope),
  );
  if (delegating === undefined || neededActions.every((action) => byGrant(action) === true)) return null;
  const byNone = neededActions.every((action) => byGrant(action) === false) ? ", and no grant names RDS" : "";
  return `statement ${delegating.label} of its policy leaves it to IAM${byNone}: whether RDS may use the key cannot be determined`;
}

/** The conditions that keep a statement from allowing RDS an action. */
function describeUnmet(permissions: readonly PolicyStatement[], action: string, scope: KeyScope): string {
  const unmet = permissions
    .filter((one) => coversAction(one, action) && includesRds(one, scope) !== false)
    .map((one) => [one.label, conditionsOf(one, scope).find(({ isMet }) => isMet === false)?.text] as const)
    .filter(([, text]) => text !== undefined)
    .map(([label, text]) => `statement ${label} does only on the condition ${text}`);
  return unmet.length === 0 ? "" : ` (${unmet.join("; ")})`;
}

function appliesToRds(statement: PolicyStatement, scope: KeyScope, keyArn: string): boolean | null {
  const { Resource, NotResource } = statement;
  const isAboutKey = NotResource !== undefined ? null : Resource?.some((pattern) => isMatch(pattern, keyArn)) !== false;
  return allOf([
    isAboutKey,
    includesRds(statement, scope),
    ...conditionsOf(statement, scope).map(({ isMet }) => isMet),
  ]);
}

/** Whether a statement's principals include RDS. A Deny of the account, or of a service, may not reach a service-linked role. */
function includesRds({ Effect, Principal, NotPrincipal }: PolicyStatement, scope: KeyScope): boolean | null {
  if (NotPrincipal !== undefined) {
    const isSpared = coversRole(NotPrincipal, scope) || namesAccount(NotPrincipal, scope) || namesService(NotPrincipal);
    return isSpared || Effect === "Allow" ? null : true;
  }
  if (Principal === undefined) return null;
  if (coversRole(Principal, scope)) return true;
  if (namesAccount(Principal, scope)) return Effect === "Allow" ? true : null;
  return namesService(Principal) ? null : false;
}

/** The ARN of the service-linked role that RDS manages secrets with. */
function roleOf({ partition, account }: KeyScope): string {
  return `arn:${partition}:iam::${account}:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS`;
}

function isRole(arn: string, scope: KeyScope): boolean {
  const { partition, account } = scope;
  return arn === roleOf(scope) || arn.startsWith(`arn:${partition}:sts::${account}:assumed-role/AWSServiceRoleForRDS/`);
}

/** True if the principals are everyone or name the role. */
function coversRole(principals: Principals, scope: KeyScope): boolean {
  return principals === "*" || (principals.AWS ?? []).some((one) => one === "*" || isRole(one, scope));
}

function namesAccount(principals: Principals, { partition, account }: KeyScope): boolean {
  if (principals === "*") return false;
  return (principals.AWS ?? []).some((one) => one === account || one === `arn:${partition}:iam::${account}:root`);
}

/** True if a service is named on whose behalf RDS may use the key. */
function namesService(principals: Principals): boolean {
  if (principals === "*") return false;
  return (principals.Service ?? []).some((one) => /^(rds|secretsmanager)\./.test(one));
}

/** The conditions of a statement, each with whether it is met when Secrets Manager uses the key on behalf of RDS. */
function conditionsOf({ Condition = {} }: PolicyStatement, scope: KeyScope) {
  return Object.entries(Condition).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => ({
      text: `${key} ${operator} ${values.join(", ")}`,
      isMet: isMetByRds(operator, key.toLowerCase(), values, scope),
    })),
  );
}

/** As `deniesRds` does, this assumes that a policy which names an organization names the account's own. */
function isMetByRds(operator: string, key: string, values: readonly string[], scope: KeyScope): boolean | null {
  if (key === "aws:principalorgid") return operator.includes("Not") ? false : null;
  const actual = attributesOf(scope)[key];
  return actual === undefined ? null : isConditionMet(operator, values, actual);
}

/** The condition keys of such a request whose values are certain. China has other names of services. */
function attributesOf(scope: KeyScope): Readonly<Record<string, string>> {
  const { partition, region, account } = scope;
  return {
    "kms:calleraccount": account,
    "aws:principalaccount": account,
    "aws:principalarn": roleOf(scope),
    "aws:securetransport": "true",
    "aws:viaawsservice": "true",
    ...(partition !== "aws-cn" && { "kms:viaservice": `secretsmanager.${region}.amazonaws.com` }),
  };
}

/** Whether a grant allows RDS an action. The principals of grants that RDS has made for itself are not documented, so a service may be RDS. */
function isGrantOfRds({ grantee, operations, isConstrained }: Grant, action: string, scope: KeyScope): boolean | null {
  if (!operations.includes(action.replace("kms:", ""))) return false;
  if (isRole(grantee, scope)) return isConstrained ? null : true;
  return /^arn:[^:]+:(iam|sts)::/.test(grantee) ? false : null;
}
