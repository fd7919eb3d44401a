import { repairActions } from "../lib/audit/permissions.ts";
import { toggleTagKey } from "../lib/model/database.ts";
import { defaultKeyAlias, isKeyReference } from "../lib/model/key.ts";
import type { Match, Policy } from "../lib/model/policy.ts";
import { arn, type Intrinsic, ownAccount, type Statement } from "./statement.ts";

/** What a repair may change, and no more: only what the policy allows, and of databases only those that it opts in. */
export function changingStatements(policy: Policy): readonly Statement[] {
  const actions = repairActions(policy);
  const startingWith = (prefix: string) => actions.filter((action) => action.startsWith(prefix));
  const ofSecrets = startingWith("secretsmanager:");
  return [
    ...databaseStatements(startingWith("rds:"), policy.remediation.optIn),
    ...(ofSecrets.length === 0
      ? []
      : [
          {
            Sid: "RepairSecretsOfRDS",
            Effect: "Allow",
            Action: ofSecrets,
            Resource: arn("secretsmanager", "*", ownAccount, "secret:rds!*"),
          } as const,
        ]),
    ...(actions.includes("kms:CreateGrant")
      ? [
          ...keyStatements("UseKeys", ["kms:Decrypt", "kms:GenerateDataKey"], policy),
          ...keyStatements("GrantKeys", "kms:CreateGrant", policy, { Bool: { "kms:GrantIsForAWSResource": "true" } }),
        ]
      : []),
  ];
}

/** What an audit needs to find out which keys a repair could use; KMS is asked without making anything. */
export function keyTrialStatements(policy: Policy): readonly Statement[] {
  return repairActions(policy).includes("kms:CreateGrant")
    ? keyStatements("TryKeys", "kms:GenerateDataKey", policy)
    : [];
}

/** One or two statements for each set of tags by which the policy opts databases in: entries with the same ones are one. */
function databaseStatements(actions: readonly string[], optIn: readonly Match[]): readonly Statement[] {
  const modify = actions.filter((action) => action.startsWith("rds:Modify"));
  const tagging = actions.filter((action) => /Tags(To|From)Resource$/.test(action));
  if (modify.length === 0) return [];
  const byTags = new Map<string, { readonly tags: Match["tags"]; readonly matches: Match[] }>();
  for (const match of optIn) {
    const key = JSON.stringify(Object.entries(match.tags ?? {}).sort());
    const group = byTags.get(key) ?? { tags: match.tags, matches: [] };
    group.matches.push(match);
    byTags.set(key, group);
  }
  const ofGroups = [...byTags.values()].flatMap(({ tags, matches }, index) => {
    const Resource = distinct(matches.flatMap(toDatabaseArns));
    const tagged = toTagCondition(tags);
    return [
      {
        Sid: `Modify${index}`,
        Effect: "Allow",
        Action: modify,
        Resource,
        ...(tagged && { Condition: tagged }),
      } as const,
      ...(tagging.length === 0
        ? []
        : [
            {
              Sid: `Mark${index}`,
              Effect: "Allow",
              Action: tagging,
              Resource,
              Condition: { ...tagged, ...onlyToggleTag },
            } as const,
          ]),
    ];
  });
  return [
    ...ofGroups,
    ...(tagging.length === 0 ? [] : finishingStatements(modify)),
    // A tenant database is modified by way of its container, which need not be opted in itself.
    {
      Sid: "Containers",
      Effect: "Allow",
      Action: "rds:ModifyTenantDatabase",
      Resource: distinct(optIn.flatMap(toContainerArns)),
    },
    // What a database is in has to be allowed too where AWS looks at it; without the database itself it allows nothing.
    {
      Sid: "Groups",
      Effect: "Allow",
      Action: ["rds:ModifyDBCluster", "rds:ModifyDBInstance"],
      Resource: ["cluster-pg", "og", "pg", "secgrp", "subgrp"].map((type) => arn("rds", "*", ownAccount, `${type}:*`)),
    },
  ];
}

/** The mark is the only tag that a role here writes or takes off. */
const onlyToggleTag = { "ForAllValues:StringEquals": { "aws:TagKeys": [toggleTagKey] } };

/**
 * What has the mark was opted in when its toggle was begun: that it is turned on again, and the mark taken off, must not hang on a tag that
 * somebody takes off meanwhile. The role cannot write the mark on anything that is not opted in.
 */
function finishingStatements(modify: readonly string[]): readonly Statement[] {
  const Resource = ["db", "cluster", "tenant-database"].map((type) => arn("rds", "*", ownAccount, `${type}:*`));
  const toggling = { Null: { [`aws:ResourceTag/${toggleTagKey}`]: "false" } };
  return [
    { Sid: "Finish", Effect: "Allow", Action: modify, Resource, Condition: toggling },
    {
      Sid: "Unmark",
      Effect: "Allow",
      Action: "rds:RemoveTagsFromResource",
      Resource,
      Condition: { ...toggling, ...onlyToggleTag },
    },
  ];
}

function toTagCondition(tags: Match["tags"]): { StringEquals: Record<string, string> } | undefined {
  const entries = Object.entries(tags ?? {}).map(([key, value]) => [`aws:ResourceTag/${key}`, value]);
  return entries.length === 0 ? undefined : { StringEquals: Object.fromEntries(entries) };
}

/** The databases that a match can mean, as far as an ARN can say so: IAM knows no engines, and tenant databases have no names in theirs. */
function toDatabaseArns({ account = [ownAccount], region = ["*"], identifier = ["*"] }: Match): readonly Intrinsic[] {
  const names = identifier.filter((glob) => !isOfTenants(glob)).map(toPattern);
  const resources = [...names.flatMap((name) => [`db:${name}`, `cluster:${name}`]), "tenant-database:*"];
  return toArns(account, region, resources);
}

/** The containers of the tenant databases that a match can mean. */
function toContainerArns({ account = [ownAccount], region = ["*"], identifier = ["*"] }: Match): readonly Intrinsic[] {
  const names = identifier.map((glob) =>
    isOfTenants(glob) ? toPattern(glob.split("/")[0] ?? "") : `${/^[^*?]*/.exec(toPattern(glob))?.[0]}*`,
  );
  return toArns(
    account,
    region,
    names.map((name) => `db:${name}`),
  );
}

/** Whether a glob is plainly one of `container/tenant`, and of nothing else. */
function isOfTenants(glob: string): boolean {
  return /^[\w*?-]+\/[\w*?-]+$/.test(glob) && !glob.includes("**");
}

function toArns(accounts: readonly string[], regions: readonly string[], resources: readonly string[]) {
  return accounts.flatMap((account) =>
    regions.flatMap((region) => resources.map((resource) => arn("rds", region, account, resource))),
  );
}

/** A glob as IAM has them, with `*` and `?` alone: what it cannot say becomes `*`. RDS keeps names in lower case. */
function toPattern(glob: string): string {
  const pattern = glob.toLowerCase().replaceAll(/\{[^{}]*\}|\[[^[\]]*\]/g, "*");
  return /^[a-z0-9*?-]+$/.test(pattern) ? pattern.replaceAll(/\*+/g, "*") : "*";
}

/** An action on the keys that the policy lets new secrets have: those that it names, or any of the account where it leaves that open. */
function keyStatements(
  Sid: string,
  Action: Statement["Action"],
  policy: Policy,
  condition: Readonly<Record<string, object>> = {},
): readonly Statement[] {
  const { arns, aliases } = toKeys(policy);
  const Condition = Object.keys(condition).length === 0 ? {} : { Condition: condition };
  return [
    ...(arns.length === 0 ? [] : [{ Sid, Effect: "Allow", Action, Resource: arns, ...Condition } as const]),
    ...(aliases.length === 0
      ? []
      : [
          {
            Sid: `${Sid}ByAlias`,
            Effect: "Allow",
            Action,
            Resource: distinct(aliases.map(({ keys }) => keys)),
            Condition: {
              ...condition,
              "ForAnyValue:StringEquals": { "kms:ResourceAliases": distinct(aliases.map(({ name }) => name)) },
            },
          } as const,
        ]),
  ];
}

type Keys = {
  readonly arns: readonly Intrinsic[];
  readonly aliases: readonly { readonly name: string; readonly keys: Intrinsic }[];
};

/** The default key needs no permission: its own policy lets all of the account use it by way of Secrets Manager. */
function toKeys({ keys }: Policy): Keys {
  const last = keys.findIndex(({ match }) => Object.keys(match).length === 0);
  const required = (last === -1 ? keys : keys.slice(0, last + 1)).flatMap(({ require }) => require);
  // A database of which nothing is required keeps the key that it has.
  const isOpen = last === -1 || required.includes("customer-managed");
  const named = required.filter((one) => isKeyReference(one) && one !== defaultKeyAlias);
  const isAlias = (reference: string) => /(^|:)alias\//.test(reference);
  return {
    arns: distinct([
      ...(isOpen ? [arn("kms", "*", ownAccount, "key/*")] : []),
      ...named.filter((one) => !isAlias(one)).map(toKeyArn),
    ]),
    aliases: isOpen ? [] : named.filter(isAlias).map(toAlias),
  };
}

function toKeyArn(reference: string): Intrinsic {
  const [, , , region, account, resource] = reference.split(":");
  if (region === undefined || account === undefined || resource === undefined)
    return arn("kms", "*", ownAccount, `key/${reference}`);
  return arn("kms", region, account, resource);
}

function toAlias(reference: string): Keys["aliases"][number] {
  const [, , , region = "*", account = ownAccount, name = reference] = reference.split(":");
  return { name, keys: arn("kms", region, account, "key/*") };
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}
