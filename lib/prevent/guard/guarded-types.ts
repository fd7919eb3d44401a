import { findObstacles } from "../means.ts";
import type { Requirements } from "../requirements.ts";
import { toPattern } from "./glob-pattern.ts";

/** A CloudFormation resource type whose master password RDS can manage, and the name of its Guard rules. */
export type GuardedType = { readonly kind: "instance" | "cluster"; readonly type: string; readonly prefix: string };

export const guardedTypes: readonly GuardedType[] = [
  { kind: "instance", type: "AWS::RDS::DBInstance", prefix: "db_instance" },
  { kind: "cluster", type: "AWS::RDS::DBCluster", prefix: "db_cluster" },
];

/** A clause that keeps a resource unless a reason of `lib/audit/classify.ts` applies. Null: a template does not show the reason. */
type Exclusion = { readonly kind: GuardedType["kind"]; readonly code: string; readonly keep: string | null };

/** `Engine` can be a `Ref`, which Guard does not resolve: such a resource is kept. */
const unlessEngine = (pattern: string) =>
  `Properties.Engine !exists or Properties.Engine is_struct or Properties.Engine != /${pattern}/`;

/** Only PostgreSQL has master users that log in with IAM. */
const unlessIamMasterUser =
  "Properties.MasterUserAuthenticationType !exists or Properties.MasterUserAuthenticationType is_struct or Properties.MasterUserAuthenticationType != 'iam-db-auth' or Properties.Engine != /(?i)postgres/";

/** The reasons for which RDS cannot manage a password, as far as a template shows them. */
export const exclusions: readonly Exclusion[] = [
  { kind: "instance", code: "cluster-member", keep: "Properties.DBClusterIdentifier !exists" },
  {
    kind: "instance",
    code: "read-replica",
    keep: "Properties.SourceDBInstanceIdentifier !exists or Properties.Engine == /(?i)^sqlserver/",
  },
  {
    kind: "instance",
    code: "read-replica",
    keep: "Properties.SourceDBClusterIdentifier !exists or Properties.Engine == /(?i)^sqlserver/",
  },
  { kind: "instance", code: "rds-custom", keep: unlessEngine("(?i)^custom-") },
  { kind: "instance", code: "multi-tenant-container", keep: null },
  { kind: "instance", code: "blue-green-deployment", keep: null },
  { kind: "instance", code: "iam-db-auth", keep: unlessIamMasterUser },
  { kind: "instance", code: "not-available", keep: null },
  {
    kind: "cluster",
    code: "serverless-v1",
    keep: "Properties.EngineMode !exists or Properties.EngineMode != 'serverless'",
  },
  {
    kind: "cluster",
    code: "limitless",
    keep: "Properties.ClusterScalabilityType !exists or Properties.ClusterScalabilityType != 'limitless'",
  },
  { kind: "cluster", code: "replica-cluster", keep: "Properties.ReplicationSourceIdentifier !exists" },
  { kind: "cluster", code: "global-database", keep: "Properties.GlobalClusterIdentifier !exists" },
  { kind: "cluster", code: "express-configuration", keep: null },
  { kind: "cluster", code: "blue-green-deployment", keep: null },
  { kind: "cluster", code: "iam-db-auth", keep: unlessIamMasterUser },
  { kind: "cluster", code: "not-available", keep: null },
];

/** The clauses of a filter that keeps the databases whose password RDS must manage. */
export function filterOf(
  { kind }: GuardedType,
  { exemptions }: Pick<Requirements, "exemptions">,
  oracleCdb: "supported" | "unsupported",
): readonly string[] {
  const exemptEngines = exemptions
    .filter(({ match }) => findObstacles("guard", match).length === 0)
    .flatMap(({ match }) => match.engine ?? []);
  return [
    ...exclusions.flatMap((one) => (one.kind === kind && one.keep !== null ? [one.keep] : [])),
    ...(kind === "instance" && oracleCdb === "unsupported" ? [unlessEngine("(?i)^oracle-.*-cdb$")] : []),
    ...exemptEngines.map((glob) => unlessEngine(toPattern(glob))),
  ];
}
