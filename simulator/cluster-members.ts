import type { DBCluster, DBInstance } from "./resources.ts";

/** An RDS Multi-AZ DB cluster always is; an Aurora, DocumentDB, or Neptune cluster is if it has two or more members. */
export function isMultiAz(engine: string, members: number): boolean {
  return engine === "mysql" || engine === "postgres" || members > 1;
}

/** Adds an instance to a cluster. The first member is the writer. */
export function joinCluster(cluster: DBCluster, instance: DBInstance): void {
  instance.DBClusterIdentifier = cluster.DBClusterIdentifier;
  instance.MasterUsername = cluster.MasterUsername;
  instance.EngineVersion = cluster.EngineVersion;
  if (cluster.Engine.startsWith("aurora")) instance.StorageType = "aurora";
  const { DBInstanceIdentifier } = instance;
  setMembers(cluster, [...cluster.DBClusterMembers, { DBInstanceIdentifier, IsClusterWriter: false }]);
}

/** Removes an instance from its cluster. If it was the writer, the next member becomes the writer. */
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
