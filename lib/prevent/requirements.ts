import { isInForce } from "../audit/exempt.ts";
import type { Match, Policy } from "../model/policy.ts";

/** An RDS operation that can create, change, restore or promote a database. */
export type DatabaseOperation = {
  readonly action: `rds:${string}`;
  readonly change: "create" | "modify" | "restore" | "promote";
  readonly resourceType: "AWS::RDS::DBInstance" | "AWS::RDS::DBCluster" | "AWS::RDS::TenantDatabase";
  /** Null if the action has the condition key `rds:ManageMasterUserPassword`; otherwise what a policy cannot prevent. */
  readonly unseen: string | null;
};

const instance = "AWS::RDS::DBInstance";
const cluster = "AWS::RDS::DBCluster";
const tenant = "AWS::RDS::TenantDatabase";
const keepsPassword = "the new database keeps the password that was in the snapshot and is not managed";

/** Every operation after which a database can have a master password that RDS does not manage. Source: the Service Authorization Reference. */
export const operations: readonly DatabaseOperation[] = [
  { action: "rds:CreateDBInstance", change: "create", resourceType: instance, unseen: null },
  { action: "rds:CreateDBCluster", change: "create", resourceType: cluster, unseen: null },
  { action: "rds:CreateTenantDatabase", change: "create", resourceType: tenant, unseen: null },
  { action: "rds:ModifyDBInstance", change: "modify", resourceType: instance, unseen: null },
  { action: "rds:ModifyDBCluster", change: "modify", resourceType: cluster, unseen: null },
  { action: "rds:ModifyTenantDatabase", change: "modify", resourceType: tenant, unseen: null },
  { action: "rds:RestoreDBInstanceFromS3", change: "restore", resourceType: instance, unseen: null },
  { action: "rds:RestoreDBClusterFromS3", change: "restore", resourceType: cluster, unseen: null },
  { action: "rds:RestoreDBInstanceFromDBSnapshot", change: "restore", resourceType: instance, unseen: null },
  { action: "rds:RestoreDBInstanceToPointInTime", change: "restore", resourceType: instance, unseen: null },
  { action: "rds:RestoreDBClusterFromSnapshot", change: "restore", resourceType: cluster, unseen: keepsPassword },
  { action: "rds:RestoreDBClusterToPointInTime", change: "restore", resourceType: cluster, unseen: keepsPassword },
  {
    action: "rds:PromoteReadReplica",
    change: "promote",
    resourceType: instance,
    unseen: "the promoted replica keeps the password of its former source and is not managed",
  },
  {
    action: "rds:PromoteReadReplicaDBCluster",
    change: "promote",
    resourceType: cluster,
    unseen: "the promoted cluster keeps the password of its former source and is not managed",
  },
];

/** The operations that know the condition key. */
export const enforceable: readonly DatabaseOperation[] = operations.filter(({ unseen }) => unseen === null);

/** A key that the policy requires for the databases that match; the first match of the list applies. */
export type KeyRequirement = {
  readonly match: Match;
  readonly require: readonly string[];
  /** The secret needs another key than the database's storage. */
  readonly differentFromStorage?: boolean | undefined;
};

/** An exemption in force. */
export type ExemptedDatabases = { readonly match: Match; readonly owner: string; readonly until: string };

/** What must hold of a database, by what the policy requires. */
export type Requirements = {
  /** RDS manages the master password. False if the policy turns the rule off. */
  readonly management: boolean;
  /** Empty if the policy requires no key, or turns the rule off. */
  readonly keys: readonly KeyRequirement[];
  /** Databases that need not be managed, the exemption that ends first is first. */
  readonly exemptions: readonly ExemptedDatabases[];
  /** Tags on a database can exempt it. */
  readonly exemptionTags: boolean;
  /** Databases whose master user logs in with IAM and has no password. */
  readonly iamMasterUsers: readonly Match[];
};

/** The rules that can be judged before a database exists. */
export const managementRule = "master-password-managed";
export const keyRule = "secret-key-as-required";

/** Derives from a policy what must hold of every database. Exemptions that ended before `now` are left out. */
export function toRequirements(policy: Policy, now: string): Requirements {
  const isOn = (rule: string) => !policy.rulesOff.includes(rule);
  return {
    management: isOn(managementRule),
    keys: isOn(keyRule) ? policy.keys : [],
    exemptions: policy.exemptions
      .filter(
        ({ rules, until }) => isInForce({ until }, now) && (rules === undefined || rules.includes(managementRule)),
      )
      .map(({ match, owner, until }) => ({ match, owner, until }))
      .toSorted((a, b) => a.until.localeCompare(b.until, "en")),
    exemptionTags: policy.exemptionTags,
    iamMasterUsers: policy.support.iamDbAuth,
  };
}
