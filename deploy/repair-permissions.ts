import { parseArn } from "../lib/model/arn.ts";
import { toggleTagKey } from "../lib/model/database.ts";
import { defaultKeyAlias, isKeyReference } from "../lib/model/key.ts";
import type { Match, Policy } from "../lib/model/policy.ts";
import { repairActions, secretActions } from "../lib/plan/repair-permissions.ts";
import { arn, type Intrinsic, ownAccount, type Statement } from "./statement.ts";

/** Permissions to make repairs: only for actions that the policy allows, and only on databases that it opts in. */
export function changingStatements(policy: Policy): readonly Statement[] {
  const actions = repairActions(policy);
  return [
    ...databaseStatements(
      actions.filter((action) => action.startsWith("rds:")),
      policy.remediation,
    ),
    ...secretStatements(policy),
    ...keyTrialStatements(policy),
    ...(actions.includes("kms:CreateGrant")
      ? [
          ...keyStatements("UseKeys", ["kms:Decrypt", "kms:GenerateDataKey"], policy, viaRdsOrSecretsManager),
          ...keyStatements("GrantKeys", "kms:CreateGrant", policy, {
            ...viaRdsOrSecretsManager,
            Bool: { "kms:GrantIsForAWSResource": "true" },
          }),
        ]
      : []),
  ];
}

/** RDS and Secrets Manager use the key on the role's behalf. The role itself cannot. */
const viaRdsOrSecretsManager = { StringLike: { "kms:ViaService": ["rds.*", "secretsmanager.*"] } };

/** Permissions to try, not through a service, which keys a repair could use. IAM has no condition that allows only dry runs. */
export function keyTrialStatements(policy: Policy): readonly Statement[] {
  return repairActions(policy).includes("kms:CreateGrant")
    ? keyStatements("TryKeys", "kms:GenerateDataKey", policy, { Null: { "kms:ViaService": "true" } })
    : [];
}

/**
 * Permissions on secrets that RDS owns. An existing secret must have the tag of RDS that names a database whose ARN the policy opts in. A new
 * secret may get only tags of AWS, which RDS sets; a caller cannot set them.
 */
function secretStatements(policy: Policy): readonly Statement[] {
  const { onExisting, onNew } = secretActions(policy);
  const Resource = arn("secretsmanager", "*", ownAccount, "secret:rds!*");
  return [
    ...(onExisting.length === 0
      ? []
      : (["Instance", "Cluster"] as const).flatMap((kind) => {
          const owners = distinct(policy.remediation.optIn.flatMap(toOwnerArns[kind]));
          const Condition = { StringLike: { [`aws:ResourceTag/aws:rds:primaryDB${kind}Arn`]: owners } };
          return owners.length === 0
            ? []
            : [{ Sid: `SecretsOf${kind}s`, Effect: "Allow", Action: onExisting, Resource, Condition } as const];
        })),
    ...(onExisting.includes("secretsmanager:PutResourcePolicy")
      ? [
          {
            Sid: "NoPublicSecrets",
            Effect: "Deny",
            Action: "secretsmanager:PutResourcePolicy",
            Resource: "*",
            Condition: { BoolIfExists: { "secretsmanager:BlockPublicPolicy": "false" } },
          } as const,
        ]
      : []),
    ...(onNew.length === 0
      ? []
      : [
          { Sid: "NewSecrets", Effect: "Allow", Action: "secretsmanager:CreateSecret", Resource } as const,
          {
            Sid: "TagNewSecrets",
            Effect: "Allow",
            Action: "secretsmanager:TagResource",
            Resource,
            Condition: { "ForAllValues:StringLike": { "aws:TagKeys": "aws:*" } },
          } as const,
        ]),
  ];
}

/** One statement for each set of tags in `optIn`, what is needed besides, and what is denied on every database. */
function databaseStatements(actions: readonly string[], { allow, optIn }: Policy["remediation"]): readonly Statement[] {
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
  const containers = distinct(optIn.flatMap(toContainerArns));
  return [
    ...[...byTags.values()].map(
      ({ tags, matches }, index) =>
        ({
          Sid: `Change${index}`,
          Effect: "Allow",
          Action: [...modify, ...tagging],
          Resource: distinct(matches.flatMap(toDatabaseArns)),
          ...onCondition(toTagCondition(tags)),
        }) as const,
    ),
    ...(tagging.length === 0 ? [] : [...finishingStatements(modify), onlyToggleTag(tagging)]),
    ...onlyManagement(modify, allow),
    // RDS modifies a tenant database through its container, which may not be opted in itself.
    ...(containers.length === 0
      ? []
      : [{ Sid: "Containers", Effect: "Allow", Action: "rds:ModifyTenantDatabase", Resource: containers } as const]),
    // AWS may also require permission for the groups of a database. These permissions allow nothing without the database itself.
    {
      Sid: "Groups",
      Effect: "Allow",
      Action: ["rds:ModifyDBCluster", "rds:ModifyDBInstance"],
      Resource: ["cluster-pg", "og", "pg", "secgrp", "subgrp"].map((type) => arn("rds", "*", ownAccount, `${type}:*`)),
    },
  ];
}

/** The role writes and removes no other tag. */
function onlyToggleTag(tagging: readonly string[]): Statement {
  const Condition = { "ForAnyValue:StringNotEquals": { "aws:TagKeys": toggleTagKey } };
  return { Sid: "OnlyToggleTag", Effect: "Deny", Action: tagging, Resource: "*", Condition };
}

const managementKey = "rds:ManageMasterUserPassword";

/** The role turns management on, and with `toggle` also off, and modifies nothing else. A rotation names no management, so it rules this out. */
function onlyManagement(modify: readonly string[], allow: Policy["remediation"]["allow"]): readonly Statement[] {
  if (allow.includes("rotate")) return [];
  const Condition = allow.includes("toggle")
    ? { Null: { [managementKey]: "true" } }
    : { BoolIfExists: { [managementKey]: "false" } };
  return [{ Sid: "OnlyManagement", Effect: "Deny", Action: modify, Resource: "*", Condition }];
}

/**
 * Permissions to finish a toggle: to turn management on, and nothing else. A database with the tag was opted in when its toggle started, and
 * finishing must not depend on an opt-in that may be removed in the meantime. The role cannot tag a database that is not opted in.
 */
function finishingStatements(modify: readonly string[]): readonly Statement[] {
  const Resource = ["db", "cluster", "tenant-database"].map((type) => arn("rds", "*", ownAccount, `${type}:*`));
  const toggling = { Null: { [`aws:ResourceTag/${toggleTagKey}`]: "false" } };
  return [
    {
      Sid: "Finish",
      Effect: "Allow",
      Action: modify,
      Resource,
      Condition: { ...toggling, Bool: { [managementKey]: "true" } },
    },
    {
      Sid: "Untag",
      Effect: "Allow",
      Action: "rds:RemoveTagsFromResource",
      Resource,
      Condition: toggling,
    },
  ];
}

function onCondition(Condition: Readonly<Record<string, object>> = {}): Pick<Statement, "Condition"> {
  return Object.keys(Condition).length === 0 ? {} : { Condition };
}

function toTagCondition(tags: Match["tags"]): { StringEquals: Record<string, string> } | undefined {
  const entries = Object.entries(tags ?? {}).map(([key, value]) => [`aws:ResourceTag/${key}`, value]);
  return entries.length === 0 ? undefined : { StringEquals: Object.fromEntries(entries) };
}

/** ARN patterns of the databases that an entry can match. They ignore engines, and names of tenant databases, which their ARNs do not contain. */
function toDatabaseArns({ account = [ownAccount], region = ["*"], identifier = ["*"] }: Match): readonly Intrinsic[] {
  const names = identifier.filter((glob) => !isOfTenants(glob)).map(toPattern);
  const resources = [...names.flatMap((name) => [`db:${name}`, `cluster:${name}`]), ...toTenants(identifier)];
  return toArns(account, region, resources);
}

/** ARN patterns of the databases that an entry can match, as the secrets of instances and of clusters name them. */
const toOwnerArns = {
  Instance: ({ account = [ownAccount], region = ["*"], identifier = ["*"] }: Match) =>
    toArns(account, region, [
      ...identifier.map((glob) => `db:${toPattern(isOfTenants(glob) ? (glob.split("/")[0] ?? "") : glob)}`),
      ...toTenants(identifier),
    ]),
  Cluster: ({ account = [ownAccount], region = ["*"], identifier = ["*"] }: Match) =>
    toArns(
      account,
      region,
      identifier.filter((glob) => !isOfTenants(glob)).map((glob) => `cluster:${toPattern(glob)}`),
    ),
};

/** ARN patterns of the containers of tenant databases that an entry can match. */
function toContainerArns({ account = [ownAccount], region = ["*"], identifier = ["*"] }: Match): readonly Intrinsic[] {
  const names = identifier
    .filter(canMatchTenants)
    .map((glob) =>
      isOfTenants(glob) ? toPattern(glob.split("/")[0] ?? "") : `${/^[^*?]*/.exec(toPattern(glob))?.[0]}*`,
    );
  return toArns(
    account,
    region,
    names.map((name) => `db:${name}`),
  );
}

/** The ARN of a tenant database does not contain its name. */
function toTenants(identifier: readonly string[]): readonly string[] {
  return identifier.some(canMatchTenants) ? ["tenant-database:*"] : [];
}

/** False for a full name without a slash, which can match only an instance or a cluster. */
function canMatchTenants(glob: string): boolean {
  return !/^[\w-]+$/.test(glob);
}

/** True for a glob that can match only `container/tenant`. */
function isOfTenants(glob: string): boolean {
  return /^[\w*?-]+\/[\w*?-]+$/.test(glob) && !glob.includes("**");
}

function toArns(accounts: readonly string[], regions: readonly string[], resources: readonly string[]) {
  return accounts.flatMap((account) =>
    regions.flatMap((region) => resources.map((resource) => arn("rds", region, account, resource))),
  );
}

/** Converts a glob to an IAM pattern. Anything but `*` and `?` becomes `*`. RDS keeps names in lower case. */
function toPattern(glob: string): string {
  const pattern = glob.toLowerCase().replaceAll(/\{[^{}]*\}|\[[^[\]]*\]/g, "*");
  return /^[a-z0-9*?-]+$/.test(pattern) ? pattern.replaceAll(/\*+/g, "*") : "*";
}

/** Allows an action on the keys of new secrets: those that the policy names, or every key of the account if it names none. */
function keyStatements(
  Sid: string,
  Action: Statement["Action"],
  policy: Policy,
  condition: Readonly<Record<string, object>> = {},
): readonly Statement[] {
  const { arns, aliases } = toKeys(policy);
  const Condition = onCondition(condition);
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

type PermittedKeys = {
  readonly arns: readonly Intrinsic[];
  readonly aliases: readonly { readonly name: string; readonly keys: Intrinsic }[];
};

/** The default key needs no permission: its key policy lets the whole account use it through Secrets Manager. */
function toKeys({ keys }: Policy): PermittedKeys {
  const last = keys.findIndex(({ match }) => Object.keys(match).length === 0);
  const required = (last === -1 ? keys : keys.slice(0, last + 1)).flatMap(({ require }) => require);
  // A database without a required key keeps its present key.
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
  const key = parseArn(reference);
  return key === null
    ? arn("kms", "*", ownAccount, `key/${reference}`)
    : arn("kms", key.region, key.account, key.resource);
}

function toAlias(reference: string): PermittedKeys["aliases"][number] {
  const { region, account, resource } = parseArn(reference) ?? {
    region: "*",
    account: ownAccount,
    resource: reference,
  };
  return { name: resource, keys: arn("kms", region, account, "key/*") };
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}
