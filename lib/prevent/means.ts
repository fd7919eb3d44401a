import type { Match } from "../model/policy.ts";
import type { KeyRequirement } from "./requirements.ts";

/** What can keep a database from being created or changed against the policy. */
export type Means = "scp" | "iam-policy" | "guard" | "hook";

/** Means that are policies of IAM. */
export type PolicyMeans = "scp" | "iam-policy";

/** What a requirement or an exemption is about. */
type Subject = keyof Match | "key" | "storageKey" | "exemptionTags" | "exemptionEnd" | "iamMasterUsers" | "operations";

const noCondition = {
  key: "RDS has no condition key for the KMS key of the secret",
  engine: "rds:DatabaseEngine is not sent with most of these actions",
  tags: "tags of the database are sent with some of these actions only",
  exemptionTags: "tags of the database are sent with some of these actions only",
  iamMasterUsers: "RDS may send the condition key as false for them. Create them as an exempt role",
};
const noTarget = "a template does not name the account and Region that it is deployed to";

/** What each means cannot express, and why; for the hook, what it cannot judge in each case. What is absent here it expresses. */
export const limits: Readonly<Record<Means, Partial<Record<Subject, string>>>> = {
  scp: noCondition,
  "iam-policy": noCondition,
  guard: {
    account: noTarget,
    region: noTarget,
    identifier: "most templates leave the identifier to CloudFormation",
    tags: "CloudFormation adds the tags of the stack when it deploys",
    exemptionTags: "CloudFormation adds the tags of the stack when it deploys",
    exemptionEnd: "CloudFormation Guard has no clock",
    storageKey: "Guard does not know that an alias and an ARN are the same key, nor the key of a snapshot",
    iamMasterUsers: "Guard goes by MasterUserAuthenticationType in the template",
    operations: "it sees templates only: not the console, the AWS CLI or other tools",
  },
  hook: {
    identifier: "CloudFormation chooses the name if the template has none",
    tags: "CloudFormation adds the tags of the stack",
    exemptionTags: "CloudFormation adds the tags of the stack",
    key: "the hook reads nothing in AWS",
    storageKey: "the hook reads nothing in AWS",
    operations: "the console, the AWS CLI and Terraform's AWS provider do not ask CloudFormation",
  },
};

/** The globs that IAM has too: only `*` and `?`. A tenant database's ARN does not have its name. */
const isIamGlob = (glob: string) => /^[\w*?-]+$/.test(glob);

/** Why a means cannot select the databases of a match; empty if it can. */
export function findObstacles(means: Means, match: Match): readonly string[] {
  const obstacles = (Object.keys(match) as (keyof Match)[])
    .filter((field) => match[field] !== undefined)
    .flatMap((field) => limits[means][field] ?? []);
  if (isPolicy(means) && match.identifier?.some((glob) => !isIamGlob(glob)))
    obstacles.push("IAM matches names by * and ? only, and has no names of tenant databases");
  return obstacles;
}

function isPolicy(means: Means): means is PolicyMeans {
  return means === "scp" || means === "iam-policy";
}

/** True if a means can apply a key requirement: its own match can be selected, and those before it can be told apart. */
export function canExpressKey(means: Means, index: number, keys: readonly KeyRequirement[]): boolean {
  return (
    limits[means].key === undefined &&
    keys.slice(0, index + 1).every(({ match }) => findObstacles(means, match).length === 0)
  );
}
