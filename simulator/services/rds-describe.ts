import { findCluster, findInstance, findTenant } from "../databases.ts";
import { pageOf } from "../paging.ts";
import { listIn, numberIn, type Params, textIn } from "../params.ts";
import { invalidCombination, invalidValue } from "../rds-errors.ts";
import type {
  DatabaseFields,
  DBCluster,
  DBInstance,
  GlobalCluster,
  SimulatedBlueGreenDeployment,
  SimulatedEvent,
  SimulatedProxy,
  TenantDatabase,
} from "../resources.ts";
import { SimulatedError } from "../simulated-error.ts";
import type { Region } from "../state.ts";
import type { Action, CallContext } from "./service.ts";

type RdsFilter = { Name: string; Values: string[] };

/** The values of an item that each filter compares. Identifiers match as names and as ARNs. */
type Filters<T> = Readonly<Record<string, (item: T) => readonly unknown[]>>;

function filtered<T>(items: readonly T[], params: Params, known: Filters<T>): readonly T[] {
  const filters = listIn<RdsFilter>(params, "Filters");
  for (const { Name } of filters) if (!known[Name]) throw invalidValue(`Unrecognized filter name: ${Name}`);
  if (filters.length === 0) return items;
  return items.filter((item) =>
    filters.every(({ Name, Values }) => known[Name]?.(item).some((value) => Values.includes(String(value)))),
  );
}

function describe<T extends object>(
  action: string,
  field: string,
  {
    all,
    one,
    filters,
  }: {
    all: (region: Region) => Iterable<T>;
    one: (params: Params, region: Region) => T[] | undefined;
    filters: Filters<T>;
  },
): Action {
  return (params, { region }) => {
    const size = numberIn(params, "MaxRecords") ?? 100;
    if (!Number.isInteger(size) || size < 20 || size > 100)
      throw invalidValue(`Invalid value ${textIn(params, "MaxRecords")} for MaxRecords. Must be between 20 and 100`);
    const items = filtered(one(params, region) ?? [...all(region)], params, filters);
    const { items: page, next } = pageOf(items, {
      size,
      token: textIn(params, "Marker"),
      scope: `${action}/${region.account.id}/${region.name}`,
      // Wording not verified.
      invalid: () => invalidValue("Invalid marker"),
    });
    return { [field]: page, Marker: next };
  };
}

function engineOf({ Engine }: DatabaseFields): readonly unknown[] {
  return [Engine];
}

/** Describes standalone instances, cluster members, and the instances of DocumentDB and Neptune. */
export const describeDBInstances = describe<DBInstance>("DescribeDBInstances", "DBInstances", {
  all: (region) => region.instances.values(),
  one: (params, region) => {
    const identifier = textIn(params, "DBInstanceIdentifier");
    return identifier === undefined ? undefined : [findInstance(region, identifier)];
  },
  filters: {
    engine: engineOf,
    domain: () => [],
    "dbi-resource-id": ({ DbiResourceId }) => [DbiResourceId],
    "db-instance-id": ({ DBInstanceIdentifier, DBInstanceArn }) => [DBInstanceIdentifier, DBInstanceArn],
    "db-cluster-id": ({ DBClusterIdentifier, DBInstanceArn }) =>
      DBClusterIdentifier === undefined
        ? []
        : [DBClusterIdentifier, DBInstanceArn.replace(/:db:.*/, `:cluster:${DBClusterIdentifier}`)],
  },
});

/** Describes clusters, including those of DocumentDB and Neptune. */
export const describeDBClusters = describe<DBCluster>("DescribeDBClusters", "DBClusters", {
  all: (region) => region.clusters.values(),
  one: (params, region) => {
    const identifier = textIn(params, "DBClusterIdentifier");
    return identifier === undefined ? undefined : [findCluster(region, identifier)];
  },
  filters: {
    engine: engineOf,
    domain: () => [],
    "clone-group-id": ({ CloneGroupId }) => [CloneGroupId],
    "db-cluster-resource-id": ({ DbClusterResourceId }) => [DbClusterResourceId],
    "db-cluster-id": ({ DBClusterIdentifier, DBClusterArn }) => [DBClusterIdentifier, DBClusterArn],
  },
});

/** Describes tenant databases, of one container or of all. */
export const describeTenantDatabases = describe<TenantDatabase>("DescribeTenantDatabases", "TenantDatabases", {
  all: (region) => region.tenants.values(),
  one: (params, region) => {
    const instance = textIn(params, "DBInstanceIdentifier");
    const name = textIn(params, "TenantDBName");
    if (instance === undefined)
      return name === undefined
        ? undefined
        : [...region.tenants.values()].filter((tenant) => tenant.TenantDBName === name);
    if (name !== undefined) return [findTenant(region, instance, name)];
    const { DBInstanceIdentifier } = findInstance(region, instance);
    return [...region.tenants.values()].filter((tenant) => tenant.DBInstanceIdentifier === DBInstanceIdentifier);
  },
  filters: {
    "tenant-db-name": ({ TenantDBName }) => [TenantDBName],
    "tenant-database-resource-id": ({ TenantDatabaseResourceId }) => [TenantDatabaseResourceId],
    "dbi-resource-id": ({ DbiResourceId }) => [DbiResourceId],
  },
});

/** Describes global clusters, which are the same in every Region of an account. */
export const describeGlobalClusters = describe<GlobalCluster>("DescribeGlobalClusters", "GlobalClusters", {
  all: (region) => region.account.globalClusters.values(),
  one: (params, region) => {
    const identifier = textIn(params, "GlobalClusterIdentifier");
    if (identifier === undefined) return undefined;
    const found = region.account.globalClusters.get(identifier.toLowerCase());
    if (!found) throw new SimulatedError("GlobalClusterNotFoundFault", `GlobalCluster ${identifier} not found.`, 404);
    return [found];
  },
  filters: {
    region: ({ GlobalClusterMembers }) => GlobalClusterMembers.map(({ DBClusterArn }) => DBClusterArn.split(":")[3]),
  },
});

/** Describes blue/green deployments in every status. A deployment stays after its switchover until it is deleted. */
export const describeBlueGreenDeployments = describe<SimulatedBlueGreenDeployment>(
  "DescribeBlueGreenDeployments",
  "BlueGreenDeployments",
  {
    all: (region) => region.blueGreenDeployments.values(),
    one: (params, region) => {
      const identifier = textIn(params, "BlueGreenDeploymentIdentifier");
      if (identifier === undefined) return undefined;
      const found = region.blueGreenDeployments.get(identifier);
      if (!found)
        throw new SimulatedError(
          "BlueGreenDeploymentNotFoundFault",
          `BlueGreenDeploymentIdentifier ${identifier} doesn't refer to an existing blue/green deployment.`,
          404,
        );
      return [found];
    },
    filters: {
      "blue-green-deployment-identifier": ({ BlueGreenDeploymentIdentifier }) => [BlueGreenDeploymentIdentifier],
      "blue-green-deployment-name": ({ BlueGreenDeploymentName }) => [BlueGreenDeploymentName],
      source: ({ Source }) => [Source],
      target: ({ Target }) => [Target],
    },
  },
);

/** RDS keeps events for 14 days; the default duration is an hour. */
const eventMinutes = { default: 60, max: 14 * 24 * 60 };

/** Describes recent events, of all sources or of one. */
export const describeEvents = describe<SimulatedEvent>("DescribeEvents", "Events", {
  all: () => [],
  one: (params, region) => {
    const identifier = textIn(params, "SourceIdentifier");
    const type = textIn(params, "SourceType");
    const minutes = numberIn(params, "Duration") ?? eventMinutes.default;
    // Wording not verified.
    if (identifier !== undefined && type === undefined)
      throw invalidCombination("SourceType must be specified when SourceIdentifier is.");
    // Wording not verified.
    if (minutes < 1 || minutes > eventMinutes.max) throw invalidValue(`Invalid value ${minutes} for Duration.`);
    const start = region.account.cloud.now().getTime() - minutes * 60_000;
    return region.events.filter(
      ({ SourceIdentifier, SourceType, Date: at }) =>
        (identifier === undefined || SourceIdentifier === identifier) &&
        (type === undefined || SourceType === type) &&
        at.getTime() >= start,
    );
  },
  filters: {},
});

/** Describes the databases behind one proxy. */
export function describeDBProxyTargets(params: Params, { region }: CallContext): object {
  const name = textIn(params, "DBProxyName") ?? "";
  if (!region.proxies.has(name.toLowerCase()))
    throw new SimulatedError("DBProxyNotFoundFault", `DBProxy ${name} not found.`, 404);
  return { Targets: region.workloads.proxyTargets.filter(({ DBProxyName }) => DBProxyName === name) };
}

/** Describes proxies and the secrets they use. */
export const describeDBProxies = describe<SimulatedProxy>("DescribeDBProxies", "DBProxies", {
  all: (region) => region.proxies.values(),
  one: (params, region) => {
    const name = textIn(params, "DBProxyName");
    if (name === undefined) return undefined;
    const found = region.proxies.get(name.toLowerCase());
    // Wording not verified.
    if (!found) throw new SimulatedError("DBProxyNotFoundFault", `DBProxy ${name} not found.`, 404);
    return [found];
  },
  filters: {},
});
