import type { DBCluster, DBInstance } from "./resources.ts";

/** A Multi-AZ DB cluster of RDS always is; one of Aurora, DocumentDB or Neptune once it has a second member. */
export function isMultiAz(engine: string, members: number): boolean {
  return engine === "mysql" || engine === "postgres" || members > 1;
}

/** Puts an instance into its cluster; the first one writes. */
export function joinCluster(cluster: DBCluster, instance: DBInstance): void {
  instance.DBClusterIdentifier = cluster.DBClusterIdentifier;
  instance.MasterUsername = cluster.MasterUsername;
  instance.EngineVersion = cluster.EngineVersion;
  if (cluster.Engine.startsWith("aurora")) instance.StorageType = "aurora";
  const { DBInstanceIdentifier } = instance;
  setMembers(cluster, [...cluster.DBClusterMembers, { DBInstanceIdentifier, IsClusterWriter: false }]);
}

/** Takes an instance out of its cluster; if it was the one that wrote, the next one does. */
export function leaveCluster(cluster: DBCluster, instance: DBInstance): void {
  setMembers(
    cluster,
    cluster.DBClusterMembers.filter(
      ({ DBInstanceIdentifier }) => DBInstanceIdentifier !== instance.DBInstanceIdentifier,
    ),
  );
}

function setMembers(cluster: DBCluster, members: DBCluster["DBClusterMembers"]): void {
  const writer = members.find(({ IsClusterWriter }) => IsClusterWriter) ?? members[0];
  cluster.DBClusterMembers = members.map((member) => ({ ...member, IsClusterWriter: member === writer }));
  cluster.MultiAZ = isMultiAz(cluster.Engine, members.length);
}
