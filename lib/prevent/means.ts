import type { Match } from "../model/policy.ts";
import { enforceable, type KeyRequirement, operations, type Requirements } from "./requirements.ts";

/** What can keep a database from being created or changed against the policy. */
export type Means = "scp" | "iam-policy" | "guard";

/** What a requirement or an exemption is about. */
type Subject = keyof Match | "key" | "exemptionTags" | "exemptionEnd" | "operations";

const noCondition = {
  key: "RDS has no condition key for the KMS key of the secret",
  engine: "rds:DatabaseEngine is not sent with most of these actions",
  tags: "tags of the database are sent with some of these actions only",
  exemptionTags: "tags of the database are sent with some of these actions only",
};
const noTarget = "a template does not name the account and Region that it is deployed to";

/** What each means cannot express, and why. What is absent here it expresses. */
const limits: Readonly<Record<Means, Partial<Record<Subject, string>>>> = {
  scp: noCondition,
  "iam-policy": noCondition,
  guard: {
    account: noTarget,
    region: noTarget,
    identifier: "most templates leave the identifier to CloudFormation",
    tags: "CloudFormation adds the tags of the stack when it deploys",
    exemptionTags: "CloudFormation adds the tags of the stack when it deploys",
    exemptionEnd: "CloudFormation Guard has no clock",
    operations: "it sees templates only: not the console, the AWS CLI or other tools",
  },
};

/** The globs that IAM has too: only `*` and `?`. A tenant database's ARN does not have its name. */
const isIamGlob = (glob: string) => /^[\w*?-]+$/.test(glob);

/** Why a means cannot select the databases of a match; empty if it can. */
export function findObstacles(means: Means, match: Match): readonly string[] {
  const obstacles = (Object.keys(match) as (keyof Match)[])
    .filter((field) => match[field] !== undefined)
    .flatMap((field) => limits[means][field] ?? []);
  if (means !== "guard" && match.identifier?.some((glob) => !isIamGlob(glob)))
    obstacles.push("IAM matches names by * and ? only, and has no names of tenant databases");
  return obstacles;
}

/** True if a means can apply a key requirement: its own match can be selected, and those before it can be told apart. */
export function canExpressKey(means: Means, index: number, keys: readonly KeyRequirement[]): boolean {
  return (
    limits[means].key === undefined &&
    keys[index]?.differentFromStorage !== true &&
    keys.slice(0, index + 1).every(({ match }) => findObstacles(means, match).length === 0)
  );
}

/** "identifier prod-*, tag tier=gold", or "every database". */
function describeMatch(match: Match): string {
  const { tags, ...fields } = match;
  const conditions = Object.entries(fields).map(([field, values]) => `${field} ${values?.join(" or ") ?? ""}`);
  const all = [...conditions, ...Object.entries(tags ?? {}).map(([key, value]) => `tag ${key}=${value}`)];
  return all.join(", ") || "every database";
}

/** Names each requirement and exemption of the policy that a means cannot express, and each operation that it cannot see. */
export function listUnexpressed(means: Means, requirements: Requirements): readonly string[] {
  const { keys, exemptions, exemptionTags } = requirements;
  const { key, exemptionTags: tags, exemptionEnd, operations: scope } = limits[means];
  return [
    ...keys.flatMap(({ match, require, differentFromStorage }, index) =>
      canExpressKey(means, index, keys)
        ? []
        : [
            `The key ${[...require, ...(differentFromStorage ? ["other than the storage's"] : [])].join(" or ")} for ${describeMatch(match)} is not enforced: ${key ?? reasonOf(means, keys.slice(0, index + 1))}.`,
          ],
    ),
    ...exemptions.flatMap(({ match, owner, until }) => {
      const obstacles = findObstacles(means, match);
      const name = `The exemption of ${describeMatch(match)} (${owner}, until ${until})`;
      if (obstacles.length > 0) return [`${name} does not apply: ${obstacles.join("; ")}.`];
      return exemptionEnd === undefined
        ? []
        : [`${name} does not end by itself: ${exemptionEnd}. Generate again after ${until}.`];
    }),
    ...(exemptionTags && tags !== undefined ? [`Exemption tags do not apply: ${tags}.`] : []),
    ...(scope === undefined
      ? operations
          .filter((one) => !enforceable.includes(one))
          .map(({ action, unseen }) => `${action} is not prevented: ${unseen}.`)
      : [`Only what CloudFormation deploys is prevented: ${scope}.`]),
  ];
}

function reasonOf(means: Means, keys: readonly KeyRequirement[]): string {
  if (keys.at(-1)?.differentFromStorage) return "it cannot be compared with the key of the storage";
  return [...new Set(keys.flatMap(({ match }) => findObstacles(means, match)))].join("; ");
}
