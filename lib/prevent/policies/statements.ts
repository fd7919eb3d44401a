import type { Match } from "../../model/policy.ts";
import { findObstacles, type PolicyMeans } from "../means.ts";
import { type ExemptedDatabases, enforceable, type Requirements } from "../requirements.ts";

/** The condition key by which RDS says whether a request asks for a managed password. */
export const conditionKey = "rds:ManageMasterUserPassword";

/** A statement that denies. */
export type DenyStatement = {
  readonly Sid: string;
  readonly Effect: "Deny";
  readonly Action: readonly string[];
  readonly Resource?: "*";
  readonly NotResource?: readonly string[];
  readonly Condition: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
};

/**
 * Denies requests that ask for a master password that RDS does not manage, except by the exempt principals (ARN patterns) and for exempt
 * databases. `Bool` denies only requests that send the key as false: `BoolIfExists` would also deny the members of DB clusters, read
 * replicas and unrelated changes, which do not send it. One more statement for each day on which exemptions end.
 */
export function makeStatements(
  means: PolicyMeans,
  { exemptions }: Pick<Requirements, "exemptions">,
  exemptPrincipals: readonly string[],
): readonly DenyStatement[] {
  const expressed = exemptions.filter(({ match }) => findObstacles(means, match).length === 0);
  const ends = [...new Set(expressed.map(({ until }) => until))];
  return [null, ...ends].map((end) => makeStatement(end, stillInForce(expressed, end), exemptPrincipals));
}

function stillInForce(exemptions: readonly ExemptedDatabases[], end: string | null): readonly ExemptedDatabases[] {
  return exemptions.filter(({ until }) => end === null || until > end);
}

function makeStatement(
  end: string | null,
  exempt: readonly ExemptedDatabases[],
  exemptPrincipals: readonly string[],
): DenyStatement {
  return {
    Sid: `DenyUnmanagedMasterPassword${end === null ? "" : `After${end.replaceAll("-", "")}`}`,
    Effect: "Deny",
    Action: enforceable.map(({ action }) => action),
    ...(exempt.length === 0
      ? { Resource: "*" }
      : { NotResource: [...new Set(exempt.flatMap(({ match }) => toArns(match))), ...otherResources] }),
    Condition: {
      Bool: { [conditionKey]: "false" },
      ...(exemptPrincipals.length > 0 && { ArnNotLike: { "aws:PrincipalArn": exemptPrincipals } }),
      ...(end !== null && { DateGreaterThan: { "aws:CurrentTime": `${end}T23:59:59Z` } }),
    },
  };
}

/**
 * The other resources that these actions authorize, such as subnet groups: IAM denies a request if any one of its resources is denied, so
 * an exempt database needs them too.
 */
const otherResources = [
  "auto-backup",
  "cluster-pg",
  "cluster-snapshot",
  "global-cluster",
  "og",
  "pg",
  "secgrp",
  "snapshot",
  "subgrp",
].map((type) => `arn:*:rds:*:*:${type}:*`);

/** The ARNs of the databases of a match. RDS stores names in lower case. */
function toArns({ account = ["*"], region = ["*"], identifier }: Match): readonly string[] {
  const names = identifier?.flatMap((glob) => [`db:${glob.toLowerCase()}`, `cluster:${glob.toLowerCase()}`]) ?? ["*"];
  return region.flatMap((inRegion) =>
    account.flatMap((of) => names.map((name) => `arn:*:rds:${inRegion}:${of}:${name}`)),
  );
}
