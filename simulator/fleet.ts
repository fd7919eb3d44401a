import type { FinishingOptions, FleetBuilders, Managed } from "./builders.ts";
import { joinCluster } from "./cluster-members.ts";
import { arnOf, tenantKey, toTags } from "./databases.ts";
import { recordEvent } from "./events.ts";
import { arnPrefix, numberFrom, resourceIdFrom, uuidFrom } from "./identifiers.ts";
import { awsManagedKey, makeKey, tryFindKey } from "./keys.ts";
import { scheduleMaintenance } from "./maintenance.ts";
import { newCluster, newInstance, newTenant, versionOf } from "./new-databases.ts";
import { addToSource } from "./replicas.ts";
import type {
  GlobalCluster,
  SimulatedBlueGreenDeployment,
  SimulatedDatabase,
  SimulatedProxy,
  SimulatedSecret,
} from "./resources.ts";
import { nextRotationAt } from "./rotation-schedule.ts";
import { changeSecret, scheduleRotation, secretFor } from "./secret-life.ts";
import type { Region } from "./state.ts";

const hour = 3_600_000;
const day = 24 * hour;

/** Gives a database a secret with a rotation history. Rotation dates are spread over the week. */
function manage(region: Region, database: SimulatedDatabase, createdAt: Date, managed: Managed | undefined): void {
  if (!managed) return;
  const { kmsKeyId, status = "active", ...fields } = managed === true ? {} : managed;
  const { clock } = region.account.cloud;
  const defaultKey = awsManagedKey(region, "secretsmanager");
  const keyArn = kmsKeyId === undefined ? defaultKey.Arn : (tryFindKey(region, kmsKeyId)?.Arn ?? kmsKeyId);
  const generated = secretFor(region, database, keyArn === defaultKey.Arn ? undefined : kmsKeyId, createdAt);
  const rules = fields.RotationRules ?? generated.RotationRules ?? {};
  const rotatedAt = new Date(clock.now().getTime() - numberFrom(arnOf(database), 167) * hour);
  const secret: SimulatedSecret = {
    ...generated,
    LastRotatedDate: rotatedAt,
    LastChangedDate: rotatedAt,
    NextRotationDate: nextRotationAt(rules, rotatedAt),
    ...fields,
  };
  // Not with changeSecret: a built secret is old, so the lag of ListSecrets does not hide it.
  region.secrets.set(secret.ARN, secret);
  database.MasterUserSecret = { SecretArn: secret.ARN, SecretStatus: status, KmsKeyId: keyArn };
  if (secret.RotationEnabled && status === "active") scheduleUnlessOverdue(region, secret);
}

/** Schedules the next rotation. A secret that is built overdue stays overdue. */
function scheduleUnlessOverdue(region: Region, secret: SimulatedSecret): void {
  if (secret.NextRotationDate && secret.NextRotationDate > region.account.cloud.now()) scheduleRotation(region, secret);
}

function memberIdentifiers(cluster: string, members: number | readonly string[]): readonly string[] {
  return typeof members === "number"
    ? Array.from({ length: members }, (_, index) => `${cluster}-instance-${index + 1}`)
    : members;
}

function arnIn(database: SimulatedDatabase | string): string {
  return typeof database === "string" ? database : arnOf(database);
}

/** Creates the builders of a Region. They call `regionOf` only when they are used, because the Region contains them. */
export function fleetBuilders(regionOf: () => Region): FleetBuilders {
  const now = (): Date => regionOf().account.cloud.now();
  const longAgo = (seed: string): Date => new Date(now().getTime() - (60 + numberFrom(seed, 900)) * day);

  const finish = <T extends SimulatedDatabase>(database: T, createdAt: Date, options: FinishingOptions): T => {
    const { managed, tags, overrides, ...fields } = options;
    database.TagList = toTags(tags);
    Object.assign(database, fields, overrides);
    manage(regionOf(), database, createdAt, managed);
    scheduleMaintenance(regionOf(), database);
    return database;
  };

  const addInstance: FleetBuilders["addInstance"] = ({ identifier, engine = "postgres", ...options }) => {
    const region = regionOf();
    const createdAt = longAgo(identifier);
    const isReplica = options.ReadReplicaSourceDBInstanceIdentifier !== undefined;
    const fields = { ...(isReplica && { BackupRetentionPeriod: 0 }), ...options };
    const instance = finish(newInstance(region, identifier, engine, createdAt), createdAt, fields);
    region.instances.set(identifier.toLowerCase(), instance);
    addToSource(region, instance);
    return instance;
  };

  return {
    addInstance,
    addCluster: ({ identifier, engine = "aurora-postgresql", members = 2, ...options }) => {
      const region = regionOf();
      const createdAt = longAgo(identifier);
      const cluster = finish(newCluster(region, identifier, engine, createdAt), createdAt, options);
      region.clusters.set(identifier.toLowerCase(), cluster);
      addToSource(region, cluster);
      for (const member of memberIdentifiers(identifier, members))
        joinCluster(cluster, addInstance({ identifier: member, engine }));
      return cluster;
    },
    addTenantDatabase: ({ instance, name, ...options }) => {
      const region = regionOf();
      const container = typeof instance === "string" ? region.instances.get(instance.toLowerCase()) : instance;
      if (!container) throw new Error(`No instance ${String(instance)} for tenant database ${name}`);
      const createdAt = longAgo(name);
      const tenant = finish(newTenant(region, container, name, createdAt), createdAt, options);
      region.tenants.set(tenantKey(container.DBInstanceIdentifier, name), tenant);
      return tenant;
    },
    addKey: ({ alias, state = "Enabled", manager = "CUSTOMER", policy, overrides } = {}) => {
      const key = makeKey(regionOf(), {
        KeyState: state,
        KeyManager: manager,
        CreationDate: longAgo(alias ?? state),
        ...(state === "PendingDeletion" && { DeletionDate: new Date(now().getTime() + 7 * day) }),
        ...overrides,
      });
      if (policy !== undefined) regionOf().keyPolicies.set(key.KeyId, policy);
      if (alias !== undefined) regionOf().aliases.set(alias.startsWith("alias/") ? alias : `alias/${alias}`, key.KeyId);
      return key;
    },
    addGlobalCluster: ({ identifier, writer, readers = [], isNamedByMembers = true, overrides }) => {
      const { account } = regionOf();
      const members = [...(writer ? [writer] : []), ...readers];
      const globalCluster: GlobalCluster = {
        GlobalClusterIdentifier: identifier,
        GlobalClusterResourceId: `cluster-${resourceIdFrom(identifier).slice(0, 16).toLowerCase()}`,
        GlobalClusterArn: `arn:${account.partition}:rds::${account.id}:global-cluster:${identifier}`,
        Status: "available",
        Engine: members[0]?.Engine ?? "aurora-postgresql",
        EngineVersion: members[0]?.EngineVersion ?? versionOf("aurora-postgresql"),
        StorageEncrypted: true,
        DeletionProtection: false,
        GlobalClusterMembers: members.map((cluster) => ({
          DBClusterArn: cluster.DBClusterArn,
          IsWriter: cluster === writer,
          Readers: cluster === writer ? readers.map(({ DBClusterArn }) => DBClusterArn) : [],
          ...(cluster !== writer && { GlobalWriteForwardingStatus: "disabled" }),
        })),
        ...overrides,
      };
      for (const cluster of members) if (isNamedByMembers) cluster.GlobalClusterIdentifier = identifier;
      account.globalClusters.set(identifier.toLowerCase(), globalCluster);
      return globalCluster;
    },
    addBlueGreenDeployment: ({ source, target, status = "AVAILABLE", name = "upgrade", overrides }) => {
      const region = regionOf();
      const deployment: SimulatedBlueGreenDeployment = {
        BlueGreenDeploymentIdentifier: `bgd-${resourceIdFrom(`${arnIn(source)}/${name}`)
          .slice(0, 16)
          .toLowerCase()}`,
        BlueGreenDeploymentName: name,
        Source: arnIn(source),
        ...(target && { Target: arnIn(target) }),
        SwitchoverDetails: [
          { SourceMember: arnIn(source), ...(target && { TargetMember: arnIn(target) }), Status: status },
        ],
        Tasks: [{ Name: "CREATING_READ_REPLICA_OF_SOURCE", Status: "COMPLETED" }],
        Status: status,
        CreateTime: now(),
        TagList: [],
        ...overrides,
      };
      region.blueGreenDeployments.set(deployment.BlueGreenDeploymentIdentifier, deployment);
      return deployment;
    },
    addEvent: ({ database, message, at }) => recordEvent(regionOf(), database, message, at),
    addProxy: ({ name, secretArns, overrides }) => {
      const region = regionOf();
      const prefix = `${arnPrefix(region, "rds")}db-proxy:`;
      const proxy: SimulatedProxy = {
        DBProxyName: name,
        DBProxyArn: `${prefix}prx-${uuidFrom(prefix + name)
          .replaceAll("-", "")
          .slice(0, 17)}`,
        Status: "available",
        EngineFamily: "POSTGRESQL",
        Auth: secretArns.map((SecretArn) => ({ AuthScheme: "SECRETS", SecretArn, IAMAuth: "DISABLED" })),
        RequireTLS: true,
        CreatedDate: longAgo(name),
        ...overrides,
      };
      region.proxies.set(name.toLowerCase(), proxy);
      return proxy;
    },
    addSecret: ({ name, ...fields }) => {
      const region = regionOf();
      const arn = `${arnPrefix(region, "secretsmanager")}secret:${name}-${uuidFrom(name).slice(0, 6)}`;
      const createdAt = longAgo(name);
      const secret: SimulatedSecret = {
        ARN: arn,
        Name: name,
        CreatedDate: createdAt,
        LastChangedDate: createdAt,
        Tags: [],
        version: 1,
        ...fields,
      };
      region.secrets.set(secret.ARN, secret);
      return secret;
    },
    editSecret: (arn, change) => {
      changeSecret(regionOf(), arn, change);
      const secret = regionOf().secrets.get(arn);
      if (secret && change?.NextRotationDate) scheduleUnlessOverdue(regionOf(), secret);
    },
  };
}
