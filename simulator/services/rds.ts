import {
  type AnyDatabase,
  arnOf,
  databaseWithArn,
  findCluster,
  findInstance,
  setStatus,
  statusOf,
  withTags,
} from "../databases.ts";
import { invalidState } from "../management.ts";
import { listIn, type Params, textIn } from "../params.ts";
import { queryXml } from "../protocol/query-xml.ts";
import { startRotation } from "../secret-life.ts";
import { SimulatedError } from "../simulated-error.ts";
import type { Region, Tag } from "../state.ts";
import {
  createDBCluster,
  createDBInstance,
  createDBInstanceReadReplica,
  createTenantDatabase,
  deleteDBCluster,
  deleteDBInstance,
} from "./rds-create.ts";
import {
  describeBlueGreenDeployments,
  describeDBClusters,
  describeDBInstances,
  describeGlobalClusters,
  describeTenantDatabases,
} from "./rds-describe.ts";
import { modifyDBCluster, modifyDBInstance, modifyTenantDatabase } from "./rds-modify.ts";
import { queryRefusals } from "./refusals.ts";
import type { Action, Service } from "./service.ts";

const taggedIn = (params: Params, region: Region): AnyDatabase => {
  const arn = textIn(params, "ResourceName") ?? "";
  if (!arn.startsWith("arn:")) throw new SimulatedError("InvalidParameterValue", `Invalid resource name: ${arn}`);
  const found = databaseWithArn(region, arn);
  if (found) return found;
  if (arn.includes(":cluster:")) return findCluster(region, arn);
  return findInstance(region, arn);
};

const nameOf = (database: AnyDatabase): string => arnOf(database).split(":").at(-1) ?? "";

const stop = (region: Region, database: AnyDatabase): void => {
  if (statusOf(database) !== "available")
    throw invalidState(database, `Instance ${nameOf(database)} is not in available state.`);
  const { clock, timing } = region.account.cloud;
  setStatus(database, "stopping");
  clock.after(timing.startSeconds, () => {
    if (statusOf(database) === "stopping") setStatus(database, "stopped");
  });
};

/** A rotation that was missed while the database was stopped is made up for. */
const start = (region: Region, database: AnyDatabase): void => {
  if (statusOf(database) !== "stopped")
    throw invalidState(database, `Instance ${nameOf(database)} is not in stopped state.`);
  const { clock, now, timing } = region.account.cloud;
  setStatus(database, "starting");
  clock.after(timing.startSeconds, () => {
    if (statusOf(database) !== "starting") return;
    setStatus(database, "available");
    const secret = region.secrets.get(database.MasterUserSecret?.SecretArn ?? "");
    if (secret?.RotationEnabled && secret.NextRotationDate && secret.NextRotationDate <= now())
      startRotation(region, database);
  });
};

const membersOf = (region: Region, clusterIdentifier: string): AnyDatabase[] =>
  [...region.instances.values()].filter(({ DBClusterIdentifier }) => DBClusterIdentifier === clusterIdentifier);

const onInstance =
  (change: (region: Region, database: AnyDatabase) => void): Action =>
  (params, { region }) => {
    const instance = findInstance(region, textIn(params, "DBInstanceIdentifier") ?? "");
    if (instance.DBClusterIdentifier !== undefined)
      throw new SimulatedError(
        "InvalidParameterCombination",
        "DB instances in a DB cluster are stopped and started with the DB cluster.",
      );
    change(region, instance);
    return { DBInstance: instance };
  };

const onCluster =
  (change: (region: Region, database: AnyDatabase) => void): Action =>
  (params, { region }) => {
    const cluster = findCluster(region, textIn(params, "DBClusterIdentifier") ?? "");
    for (const database of [cluster, ...membersOf(region, cluster.DBClusterIdentifier)]) change(region, database);
    return { DBCluster: cluster };
  };

/** Relational Database Service: databases as far as their master passwords go. */
export const rds: Service = {
  protocol: queryXml("http://rds.amazonaws.com/doc/2014-10-31/"),
  refusals: queryRefusals("2014-10-31"),
  actions: {
    DescribeDBInstances: describeDBInstances,
    DescribeDBClusters: describeDBClusters,
    DescribeTenantDatabases: describeTenantDatabases,
    DescribeGlobalClusters: describeGlobalClusters,
    DescribeBlueGreenDeployments: describeBlueGreenDeployments,
    CreateDBInstance: createDBInstance,
    CreateDBCluster: createDBCluster,
    CreateDBInstanceReadReplica: createDBInstanceReadReplica,
    CreateTenantDatabase: createTenantDatabase,
    ModifyDBInstance: modifyDBInstance,
    ModifyDBCluster: modifyDBCluster,
    ModifyTenantDatabase: modifyTenantDatabase,
    DeleteDBInstance: deleteDBInstance,
    DeleteDBCluster: deleteDBCluster,
    StopDBInstance: onInstance(stop),
    StartDBInstance: onInstance(start),
    StopDBCluster: onCluster(stop),
    StartDBCluster: onCluster(start),
    AddTagsToResource: (params, { region }) => {
      const database = taggedIn(params, region);
      database.TagList = withTags(database.TagList, listIn<Tag>(params, "Tags"));
      return {};
    },
    RemoveTagsFromResource: (params, { region }) => {
      const database = taggedIn(params, region);
      const keys = listIn<string>(params, "TagKeys");
      database.TagList = database.TagList.filter(({ Key }) => !keys.includes(Key));
      return {};
    },
    ListTagsForResource: (params, { region }) => ({ TagList: taggedIn(params, region).TagList }),
  },
};
