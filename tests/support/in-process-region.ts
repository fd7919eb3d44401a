import { toCallError } from "../../lib/aws/call.ts";
import {
  type RegionScope,
  toBlueGreenDeployments,
  toCluster,
  toEvent,
  toGlobalClusterMembers,
  toInstance,
  toProxy,
  toProxyTargets,
  toTenantDatabase,
} from "../../lib/aws/to-database.ts";
import { toGrant, toKey, toSecret } from "../../lib/aws/to-secret.ts";
import type { RegionPort } from "../../lib/collect/region-port.ts";
import type { Database, DatabaseReference, TenantReference } from "../../lib/model/database.ts";
import { AwsCallError } from "../../lib/model/errors.ts";
import type { RotationRules } from "../../lib/model/secret.ts";
import type { RepairPort } from "../../lib/remediate/repair.ts";
import { callService } from "../../simulator/call-service.ts";
import { SimulatedError } from "../../simulator/simulated-error.ts";
import type { Cloud } from "../../simulator/state.ts";

/** A call to the simulator. */
export type InProcessCall = {
  /** An IAM action such as `rds:ModifyDBInstance`. */
  readonly action: string;
  readonly params: Readonly<Record<string, unknown>>;
};

/** Intercepts a call: performs it or does something else. */
export type Gatekeeper = (call: InProcessCall, perform: () => object) => Promise<object>;

export type InProcessRegion = RegionPort & RepairPort;

/** The errors of KMS that mean the key cannot be used, as in lib/aws/create-region.ts. */
const unusableKeyErrors = [
  "AccessDeniedException",
  "DisabledException",
  "InvalidKeyUsageException",
  "KMSInvalidStateException",
  "NotFoundException",
];

const filterNames = {
  instance: { identifier: "db-instance-id", resourceId: "dbi-resource-id" },
  cluster: { identifier: "db-cluster-id", resourceId: "db-cluster-resource-id" },
} as const;

const toFilters = (only: DatabaseReference | undefined) =>
  only === undefined ? {} : { Filters: [{ Name: filterNames[only.kind][only.by], Values: [only.value] }] };

const toTenantFilter = ({ by, value }: TenantReference) =>
  by === "container"
    ? { DBInstanceIdentifier: value }
    : { Filters: [{ Name: "tenant-database-resource-id", Values: [value] }] };

/** The error that the SDK would throw. */
function toSdkError({ code, message, status }: SimulatedError): Error {
  return Object.assign(new Error(message), { name: code, $metadata: { httpStatusCode: status } });
}

/** Implements the ports of a Region in this process: what lib/aws does with the SDK, without HTTP. */
export function createInProcessRegion(
  cloud: Cloud,
  scope: RegionScope,
  meet: Gatekeeper = async (_call, perform) => perform(),
): InProcessRegion {
  let calls = 0;

  async function call<Answer>(action: string, params: Record<string, unknown>): Promise<Answer> {
    calls += 1;
    const [service = "", operation = ""] = action.split(":");
    const { account, region } = scope;
    try {
      const perform = () => callService(cloud, { account, region, service, action: operation, params });
      return (await meet({ action, params }, perform)) as Answer;
    } catch (error) {
      throw error instanceof SimulatedError ? toCallError(action, toSdkError(error)) : toCallError(action, error);
    }
  }

  /** Reads all pages. RDS calls the token `Marker`, Secrets Manager `NextToken`, and KMS `NextMarker`. */
  async function* pages<Item>(
    action: string,
    params: Record<string, unknown>,
    list: string,
    translate: (item: object) => readonly Item[],
  ): AsyncGenerator<readonly Item[]> {
    let token: Record<string, unknown> = {};
    do {
      const answer = await call<Record<string, unknown>>(action, { ...params, ...token });
      const { NextMarker, Marker = NextMarker, NextToken, ...page } = answer;
      yield ((page[list] ?? []) as object[]).flatMap(translate);
      token = { ...(Marker !== undefined && { Marker }), ...(NextToken !== undefined && { NextToken }) };
    } while (Object.keys(token).length > 0);
  }

  /** Returns null for errors with one of these codes. */
  async function orNull<T>(codes: readonly string[], answer: Promise<T>): Promise<T | null> {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof AwsCallError && codes.includes(error.code)) return null;
      throw error;
    }
  }

  /** Calls the operation that modifies a database of this kind. */
  async function modify(
    { kind, identifier }: Database,
    ApplyImmediately: boolean,
    change: Record<string, unknown>,
  ): Promise<void> {
    const [name, TenantDBName] = identifier.split("/");
    if (kind === "cluster")
      await call("rds:ModifyDBCluster", { DBClusterIdentifier: name, ApplyImmediately, ...change });
    else if (kind === "instance")
      await call("rds:ModifyDBInstance", { DBInstanceIdentifier: name, ApplyImmediately, ...change });
    else await call("rds:ModifyTenantDatabase", { DBInstanceIdentifier: name, TenantDBName, ...change });
  }

  return {
    ...scope,
    calls: () => calls,
    describeDBInstances: (only) =>
      pages("rds:DescribeDBInstances", toFilters(only), "DBInstances", (one) => [toInstance(one, scope)]),
    describeDBClusters: (only) =>
      pages("rds:DescribeDBClusters", toFilters(only), "DBClusters", (one) => [toCluster(one, scope)]),
    describeTenantDatabases: (only) =>
      pages("rds:DescribeTenantDatabases", only === undefined ? {} : toTenantFilter(only), "TenantDatabases", (one) => [
        toTenantDatabase(one, scope),
      ]),
    describeGlobalClusters: () => pages("rds:DescribeGlobalClusters", {}, "GlobalClusters", toGlobalClusterMembers),
    describeBlueGreenDeployments: () =>
      pages("rds:DescribeBlueGreenDeployments", {}, "BlueGreenDeployments", toBlueGreenDeployments),
    describeDBProxies: () => pages("rds:DescribeDBProxies", {}, "DBProxies", (one) => [toProxy(one)]),
    describeDBProxyTargets: (DBProxyName) =>
      pages("rds:DescribeDBProxyTargets", { DBProxyName }, "Targets", (one) => [...toProxyTargets(one)]),
    describeEvents: ({ kind, value }, Duration) =>
      pages(
        "rds:DescribeEvents",
        { SourceType: kind === "cluster" ? "db-cluster" : "db-instance", SourceIdentifier: value, Duration },
        "Events",
        (one) => [toEvent(one)],
      ),
    listSecrets: () =>
      pages(
        "secretsmanager:ListSecrets",
        { IncludePlannedDeletion: true, Filters: [{ Key: "owning-service", Values: ["rds"] }] },
        "SecretList",
        (one) => [toSecret(one)],
      ),
    async describeSecret(SecretId) {
      const secret = await orNull(
        ["ResourceNotFoundException"],
        call<object>("secretsmanager:DescribeSecret", { SecretId }),
      );
      return secret === null ? null : toSecret(secret);
    },
    async getResourcePolicy(SecretId) {
      const answer = call<{ ResourcePolicy?: string }>("secretsmanager:GetResourcePolicy", { SecretId });
      return (await orNull(["ResourceNotFoundException"], answer))?.ResourcePolicy ?? null;
    },
    async describeKey(KeyId) {
      const answer = await orNull(
        ["NotFoundException"],
        call<{ KeyMetadata: { KeyId: string } }>("kms:DescribeKey", { KeyId }),
      );
      return answer === null ? null : toKey(answer.KeyMetadata);
    },
    async getKeyPolicy(KeyId) {
      const answer = call<{ Policy: string }>("kms:GetKeyPolicy", { KeyId, PolicyName: "default" });
      return (await orNull(["NotFoundException"], answer))?.Policy ?? null;
    },
    listGrants: (KeyId) => pages("kms:ListGrants", { KeyId }, "Grants", (one) => [toGrant(one)]),
    async tryKey(KeyId) {
      try {
        await call("kms:GenerateDataKey", { KeyId, KeySpec: "AES_256", DryRun: true });
        return null;
      } catch (error) {
        const { code, message } = error as AwsCallError;
        if (code === "DryRunOperationException") return null;
        if (unusableKeyErrors.includes(code)) return `${code}: ${message}`;
        throw error;
      }
    },
    turnOn: (database, { keyReference, applyImmediately }) =>
      modify(database, applyImmediately, {
        ManageMasterUserPassword: true,
        ...(keyReference !== null && { MasterUserSecretKmsKeyId: keyReference }),
      }),
    turnOff: (database, password) =>
      modify(database, true, { ManageMasterUserPassword: false, MasterUserPassword: password }),
    rotate: (database) => modify(database, true, { RotateMasterUserPassword: true }),
    async scheduleRotation(SecretId, rules) {
      const RotationRules = toRotationRules(rules);
      await call("secretsmanager:RotateSecret", { SecretId, RotationRules, RotateImmediately: false });
    },
    async tagSecret(SecretId, tags) {
      const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
      await call("secretsmanager:TagResource", { SecretId, Tags });
    },
    async putResourcePolicy(SecretId, ResourcePolicy) {
      await call("secretsmanager:PutResourcePolicy", { SecretId, ResourcePolicy });
    },
    async tagDatabase(ResourceName, Key, Value) {
      await call("rds:AddTagsToResource", { ResourceName, Tags: [{ Key, Value }] });
    },
    async untagDatabase(ResourceName, key) {
      await call("rds:RemoveTagsFromResource", { ResourceName, TagKeys: [key] });
    },
  };
}

/** Secrets Manager accepts an expression or a number of days, not both. */
function toRotationRules({ automaticallyAfterDays, scheduleExpression, duration }: RotationRules) {
  const schedule =
    scheduleExpression === null
      ? { AutomaticallyAfterDays: automaticallyAfterDays }
      : { ScheduleExpression: scheduleExpression };
  return { ...schedule, ...(duration !== null && { Duration: duration }) };
}
