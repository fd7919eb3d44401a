import { databaseWithArn, findCluster, findInstance } from "../databases.ts";
import { listIn, type Params, textIn } from "../params.ts";
import { queryXml } from "../protocol/query-xml.ts";
import { invalidValue } from "../rds-errors.ts";
import type { SimulatedDatabase, Tag } from "../resources.ts";
import type { Region } from "../state.ts";
import { withCallersTags } from "../tags.ts";
import { queryErrors } from "./errors.ts";
import { createDBCluster, createDBInstance, createDBInstanceReadReplica, createTenantDatabase } from "./rds-create.ts";
import { deleteDBCluster, deleteDBInstance } from "./rds-delete.ts";
import {
  describeBlueGreenDeployments,
  describeDBClusters,
  describeDBInstances,
  describeDBProxies,
  describeDBProxyTargets,
  describeEvents,
  describeGlobalClusters,
  describeTenantDatabases,
} from "./rds-describe.ts";
import { modifyDBCluster, modifyDBInstance, modifyTenantDatabase } from "./rds-modify.ts";
import { startDBCluster, startDBInstance, stopDBCluster, stopDBInstance } from "./rds-stop.ts";
import type { Service } from "./service.ts";

function taggedIn(params: Params, region: Region): SimulatedDatabase {
  const arn = textIn(params, "ResourceName") ?? "";
  if (!arn.startsWith("arn:")) throw invalidValue(`Invalid resource name: ${arn}`);
  const found = databaseWithArn(region, arn);
  if (found) return found;
  if (arn.includes(":cluster:")) return findCluster(region, arn);
  return findInstance(region, arn);
}

/** Amazon RDS: databases and what concerns their master passwords. */
export const rds: Service = {
  protocol: queryXml("http://rds.amazonaws.com/doc/2014-10-31/"),
  errors: queryErrors("2014-10-31"),
  actions: {
    DescribeDBInstances: describeDBInstances,
    DescribeDBClusters: describeDBClusters,
    DescribeTenantDatabases: describeTenantDatabases,
    DescribeGlobalClusters: describeGlobalClusters,
    DescribeBlueGreenDeployments: describeBlueGreenDeployments,
    DescribeDBProxies: describeDBProxies,
    DescribeDBProxyTargets: describeDBProxyTargets,
    DescribeEvents: describeEvents,
    CreateDBInstance: createDBInstance,
    CreateDBCluster: createDBCluster,
    CreateDBInstanceReadReplica: createDBInstanceReadReplica,
    CreateTenantDatabase: createTenantDatabase,
    ModifyDBInstance: modifyDBInstance,
    ModifyDBCluster: modifyDBCluster,
    ModifyTenantDatabase: modifyTenantDatabase,
    DeleteDBInstance: deleteDBInstance,
    DeleteDBCluster: deleteDBCluster,
    StopDBInstance: stopDBInstance,
    StartDBInstance: startDBInstance,
    StopDBCluster: stopDBCluster,
    StartDBCluster: startDBCluster,
    AddTagsToResource: (params, { region }) => {
      const database = taggedIn(params, region);
      database.TagList = withCallersTags(database.TagList, listIn<Tag>(params, "Tags"));
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
