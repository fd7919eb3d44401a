import type { Match } from "../model/policy.ts";
import { canExpressKey, findObstacles, limits, type Means } from "./means.ts";
import { enforceable, type KeyRequirement, operations, type Requirements } from "./requirements.ts";

/** Names each requirement and exemption of the policy that a means cannot express, and each operation that it cannot see. */
export function listUnexpressed(means: Means, requirements: Requirements): readonly string[] {
  return means === "hook" ? listUnjudged(requirements) : listNotEnforced(means, requirements);
}

/** "identifier prod-*, tag tier=gold", or "every database". */
function describeMatch(match: Match): string {
  const { tags, ...fields } = match;
  const conditions = Object.entries(fields).map(([field, values]) => `${field} ${values?.join(" or ") ?? ""}`);
  const all = [...conditions, ...Object.entries(tags ?? {}).map(([key, value]) => `tag ${key}=${value}`)];
  return all.join(", ") || "every database";
}

function nameKey({ match, require, differentFromStorage }: KeyRequirement): string {
  return `The key ${[...require, ...(differentFromStorage ? ["other than the storage's"] : [])].join(" or ")} for ${describeMatch(match)}`;
}

function nameExemption({ match, owner, until }: Requirements["exemptions"][number]): string {
  return `The exemption of ${describeMatch(match)} (${owner}, until ${until})`;
}

function obstaclesOf(means: Means, keys: readonly KeyRequirement[]): string {
  return [...new Set(keys.flatMap(({ match }) => findObstacles(means, match)))].join("; ");
}

function listNotEnforced(means: Exclude<Means, "hook">, requirements: Requirements): readonly string[] {
  const { keys, exemptions, exemptionTags, iamMasterUsers } = requirements;
  const limit = limits[means];
  return [
    ...keys.flatMap((one, index) => {
      if (!canExpressKey(means, index, keys))
        return [`${nameKey(one)} is not enforced: ${limit.key ?? obstaclesOf(means, keys.slice(0, index + 1))}.`];
      if (!one.differentFromStorage || limit.storageKey === undefined) return [];
      return [`${nameKey(one)} is enforced only if the template has both keys in the same form: ${limit.storageKey}.`];
    }),
    ...exemptions.flatMap((one) => {
      const obstacles = findObstacles(means, one.match);
      if (obstacles.length > 0) return [`${nameExemption(one)} does not apply: ${obstacles.join("; ")}.`];
      return limit.exemptionEnd === undefined
        ? []
        : [`${nameExemption(one)} does not end by itself: ${limit.exemptionEnd}. Generate again after ${one.until}.`];
    }),
    ...(exemptionTags ? [`Exemption tags do not apply: ${limit.exemptionTags}.`] : []),
    ...iamMasterUsers.map(
      (match) => `support.iamDbAuth of ${describeMatch(match)} does not apply: ${limit.iamMasterUsers}.`,
    ),
    ...(limit.operations === undefined
      ? operations
          .filter((one) => !enforceable.includes(one))
          .map(({ action, unseen }) => `${action} is not prevented: ${unseen}.`)
      : [`Only what CloudFormation deploys is prevented: ${limit.operations}.`]),
  ];
}

/** The hook judges everything that the policy has, as far as CloudFormation sends what it goes by. */
function listUnjudged({ keys, exemptions, exemptionTags, iamMasterUsers }: Requirements): readonly string[] {
  const { key, storageKey, exemptionTags: tags, operations: scope } = limits.hook;
  const unsent = (match: Match) => findObstacles("hook", match).join("; ");
  return [
    ...keys.flatMap((one, index) => {
      const obstacles = obstaclesOf("hook", keys.slice(0, index + 1));
      const needsKms = one.require.some((required) => required === "customer-managed" || required.includes("alias/"));
      return [
        ...(obstacles === "" ? [] : [`${nameKey(one)} cannot always be judged, and fails then: ${obstacles}.`]),
        ...(needsKms
          ? [
              `${nameKey(one)} cannot be judged if the template has a key by its ARN or ID, and fails then: ${key}. Require the ARNs of the keys as well.`,
            ]
          : []),
        ...(one.differentFromStorage
          ? [
              `${nameKey(one)} cannot be judged if one key is an alias, or the storage is restored without a key of its own, and fails then: ${storageKey}.`,
            ]
          : []),
      ];
    }),
    ...exemptions
      .filter(({ match }) => unsent(match) !== "")
      .map((one) => `${nameExemption(one)} does not always apply: ${unsent(one.match)}.`),
    ...(exemptionTags ? [`Exemption tags do not always apply: ${tags}.`] : []),
    ...iamMasterUsers
      .filter((match) => unsent(match) !== "")
      .map((match) => `support.iamDbAuth of ${describeMatch(match)} does not always apply: ${unsent(match)}.`),
    `Only what CloudFormation and the Cloud Control API create or change in this account and Region is prevented: ${scope}.`,
    "Tenant databases are not prevented: CloudFormation has no resource type for them.",
  ];
}
