import { parseArn } from "./arn.ts";
import {
  allOf,
  coversAction,
  isConditionMet,
  type PolicyStatement,
  type Principals,
  parseStatements,
} from "./policy-statement.ts";
import { secretValueReads } from "./secret.ts";

/** Whether a secret's resource policy lets principals outside of the secret's account read the value. */
export type Sharing = {
  readonly verdict: "own" | "shared" | "unknown";
  /** The statements that let them, or may, as in `statement "Partner": account 210987654321`. */
  readonly statements: readonly string[];
};

/** Judges a secret's resource policy, as JSON text; null if the secret has none. */
export function judgeSharing(policy: string | null, account: string): Sharing {
  if (policy === null) return { verdict: "own", statements: [] };
  const parsed = parseStatements(policy);
  if (parsed === null) return { verdict: "unknown", statements: ["the policy cannot be read by this version"] };
  const known = parsed.filter((one): one is PolicyStatement => one.Effect !== "unknown" && isAboutReading(one));
  const denials = known.filter(({ Effect }) => Effect === "Deny").map((one) => keepsOthersOut(one, account));
  if (denials.includes(true)) return { verdict: "own", statements: [] };
  const isNarrowed = denials.includes(null);
  const permissions = known.filter(({ Effect }) => Effect === "Allow").map((one) => toPermission(one, account));
  const shared = permissions.filter(({ isShared }) => isShared === true);
  const doubtful = permissions.filter(({ isShared }) => isShared === null);
  const strange = parsed
    .filter(({ Effect }) => Effect === "unknown")
    .map(({ label }) => `statement ${label}: an element that is not known here`);
  const texts = (list: typeof permissions) => list.map(({ text }) => text);
  if (shared.length > 0 && !isNarrowed && strange.length === 0) return { verdict: "shared", statements: texts(shared) };
  const statements = [...texts([...shared, ...doubtful]), ...strange];
  return { verdict: statements.length === 0 ? "own" : "unknown", statements };
}

function isAboutReading(statement: PolicyStatement): boolean {
  return secretValueReads.some((action) => coversAction(statement, action));
}

/** An Allow: whether it lets others in, and whom. */
function toPermission(statement: PolicyStatement, account: string) {
  const { label, Principal, NotPrincipal } = statement;
  const others = NotPrincipal !== undefined ? ["everyone with exceptions"] : othersIn(Principal ?? "*", account);
  const conditions = conditionsOf(statement, account);
  const limits = conditions.map(({ text }) => text);
  const text = `statement ${label}: ${others.join(", ")}${limits.length === 0 ? "" : ` on the condition ${limits.join(" and ")}`}`;
  return { isShared: allOf([others.length > 0, ...conditions.map(({ letsOthersIn }) => letsOthersIn)]), text };
}

/** The principals outside of the account. AWS services act for an account that a condition names; those are not principals of another account. */
function othersIn(principals: Principals, account: string): readonly string[] {
  if (principals === "*") return ["everyone"];
  const ofAws = (principals.AWS ?? []).flatMap((one) => {
    if (one === "*") return "everyone";
    const owner = /^\d{12}$/.test(one) ? one : parseArn(one)?.account;
    // The id of a principal that was deleted belongs to no one.
    return owner === undefined || owner === account ? [] : `account ${owner}`;
  });
  const federated = (principals.Federated ?? []).filter((one) => parseArn(one)?.account !== account);
  return [...new Set([...ofAws, ...federated, ...(principals.CanonicalUser ?? []).map(() => "a canonical user")])];
}

/** Conditions that do not depend on the principal. */
const neutralKeys = [
  "aws:securetransport",
  "aws:multifactorauthpresent",
  "secretsmanager:versionid",
  "secretsmanager:versionstage",
];

/** The conditions of an Allow that limit the principals, and whether principals of others can meet them. */
function conditionsOf({ Condition = {} }: PolicyStatement, account: string) {
  return Object.entries(Condition).flatMap(([operator, keys]) =>
    Object.entries(keys)
      .filter(([key]) => !neutralKeys.includes(key.toLowerCase()))
      .map(([key, values]) => ({
        text: `${key} ${operator} ${values.join(", ")}`,
        letsOthersIn: letsOthersIn(operator, key.toLowerCase(), values, account),
      })),
  );
}

/** False if only principals of the account meet a condition, true if it names another account, null if that cannot be determined. */
function letsOthersIn(operator: string, key: string, values: readonly string[], account: string): boolean | null {
  if (!/^(String|Arn)(Equals|EqualsIgnoreCase|Like)$/.test(operator)) return null;
  const owners = values.map((value) => (key === "aws:principalarn" ? parseArn(value)?.account : value));
  if (key !== "aws:principalarn" && key !== "aws:principalaccount") return null;
  if (owners.every((owner) => owner === account)) return false;
  return owners.some((owner) => owner !== account && /^\d{12}$/.test(owner ?? "")) ? true : null;
}

/** True if a Deny of everyone spares at most principals of the account, false if it does not depend on the principal, null if it cannot be determined. */
function keepsOthersOut({ Principal, Condition }: PolicyStatement, account: string): boolean | null {
  const isAll = Principal === "*" || (Principal?.AWS ?? []).includes("*");
  const conditions = Object.entries(Condition ?? {}).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => [operator, key.toLowerCase(), values] as const),
  );
  if (isAll && conditions.length === 0) return true;
  const [[operator = "", key = "", values = []] = [], ...more] = conditions;
  if (more.length > 0) return null;
  if (key === "aws:securetransport" && isConditionMet(operator, values, "true") === false) return false;
  const spares = key === "aws:principalaccount" && /^StringNotEquals(IfExists)?$/.test(operator) ? values : [];
  return isAll && spares.length === 1 && spares[0] === account ? true : null;
}
