import type { ClassifiedDatabase, Database, Management } from "../model/database.ts";
import type { Policy } from "../model/policy.ts";

/** ARNs of databases from a list, and, where the list may lack some, why. */
export type Listed = { readonly arns: ReadonlySet<string>; readonly gap: string | null };

/** What decides a database's management and is not on the database itself. */
export type ClassificationContext = {
  readonly globalClusterMembers: Listed;
  readonly blueGreenDatabases: Listed;
  readonly support: Policy["support"];
};

/** Why a database is not judged. `applies` gives a text where it cannot be told: what would have to be read. */
export type Reason = {
  readonly code: string;
  readonly management: Exclude<Management, "managed" | "unmanaged">;
  /** Whether it holds even for a database that reports a managed secret. */
  readonly evenWithSecret: boolean;
  readonly applies: (database: Database, classificationContext: ClassificationContext) => boolean | string;
  /** Completes "It is not judged: …". */
  readonly explanation: string;
  readonly source: string;
  /** When AWS's documentation was last seen to say so. */
  readonly asOf: string;
};

const isAurora = ({ engine }: Database): boolean => engine.startsWith("aurora");
const isOracleCdb = ({ engine }: Database): boolean => /^oracle-.*-cdb$/.test(engine);
const isListed = ({ arn }: Database, { arns, gap }: Listed): boolean | string => arns.has(arn) || (gap ?? false);

const userGuide = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html";
const auroraGuide = "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-secrets-manager.html";

/** Every reason there is, in the order in which they are tried. */
export const reasons: readonly Reason[] = [
  {
    code: "docdb",
    management: "out-of-scope",
    evenWithSecret: true,
    applies: ({ engine }) => engine === "docdb",
    explanation: "it is Amazon DocumentDB, which the RDS API returns too",
    source: "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBClusters.html",
    asOf: "2026-10",
  },
  {
    code: "neptune",
    management: "out-of-scope",
    evenWithSecret: true,
    applies: ({ engine }) => engine === "neptune",
    explanation: "it is Amazon Neptune, which the RDS API returns too and which has no master password",
    source: "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBClusters.html",
    asOf: "2026-10",
  },
  {
    code: "cluster-member",
    management: "inherited",
    evenWithSecret: true,
    applies: ({ kind, clusterIdentifier }) => kind === "instance" && clusterIdentifier !== null,
    explanation: "its master password is that of its DB cluster, which is judged",
    source: "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html",
    asOf: "2026-10",
  },
  {
    code: "multi-tenant-container",
    management: "unsupported",
    evenWithSecret: true,
    applies: ({ kind, multiTenant }) => kind === "instance" && multiTenant,
    explanation: "it is an Oracle container; its tenant databases own the passwords, and are judged",
    source: "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyTenantDatabase.html",
    asOf: "2026-10",
  },
  {
    code: "read-replica",
    management: "inherited",
    evenWithSecret: true,
    applies: ({ kind, replicationSource, engine }) =>
      kind === "instance" && replicationSource !== null && !engine.startsWith("sqlserver"),
    explanation: "it is a read replica and has the master password of its source",
    source: userGuide,
    asOf: "2026-10",
  },
  {
    code: "rds-custom",
    management: "unsupported",
    evenWithSecret: false,
    applies: ({ rdsCustom, engine }) => rdsCustom || engine.startsWith("custom-"),
    explanation: "AWS does not support it for RDS Custom",
    source: userGuide,
    asOf: "2026-10",
  },
  {
    code: "oracle-cdb",
    management: "unsupported",
    evenWithSecret: false,
    applies: (database, { support }) => support.oracleCdb === "unsupported" && isOracleCdb(database),
    explanation: "the policy says that it is not supported for Oracle CDB",
    source: userGuide,
    asOf: "2024-01",
  },
  {
    code: "serverless-v1",
    management: "unsupported",
    evenWithSecret: false,
    applies: ({ engineMode }) => engineMode === "serverless",
    explanation: "AWS does not support it for Aurora Serverless v1",
    source: "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.upgrade.html",
    asOf: "2026-04",
  },
  {
    code: "limitless",
    management: "unsupported",
    evenWithSecret: false,
    applies: ({ scalabilityType }) => scalabilityType === "limitless",
    explanation: "AWS does not support it for Aurora PostgreSQL Limitless Database",
    source: "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/limitless-reqs-limits.html",
    asOf: "2026-04",
  },
  {
    code: "express-configuration",
    management: "unsupported",
    evenWithSecret: false,
    applies: ({ expressConfiguration }) => expressConfiguration,
    explanation: "it is an Aurora PostgreSQL cluster in express configuration, which has IAM authentication only",
    source:
      "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/CHAP_GettingStartedAurora.AuroraPostgreSQL.ExpressConfig.html",
    asOf: "2026-04",
  },
  {
    code: "replica-cluster",
    management: "unsupported",
    evenWithSecret: false,
    applies: ({ kind, replicationSource }) => kind === "cluster" && replicationSource !== null,
    explanation: "AWS does not support it for a cluster that replicates from another Region or over binlog",
    source: auroraGuide,
    asOf: "2026-10",
  },
  {
    code: "global-database",
    management: "unsupported",
    evenWithSecret: false,
    applies: (database, { globalClusterMembers }) => {
      if (database.kind !== "cluster" || !isAurora(database)) return false;
      if (database.globalClusterIdentifier !== null || database.globalWriteForwarding) return true;
      return isListed(database, globalClusterMembers);
    },
    explanation: "AWS does not support it for members of an Aurora global database",
    source: auroraGuide,
    asOf: "2026-10",
  },
  {
    code: "blue-green-deployment",
    management: "unsupported",
    evenWithSecret: false,
    applies: (database, { blueGreenDatabases }) => isListed(database, blueGreenDatabases),
    explanation: "AWS does not support it while a blue/green deployment is active",
    source: userGuide,
    asOf: "2026-10",
  },
];

/** The reason not to judge a database, if there is one; without one, what would have to be read to rule all out. */
export function weigh(
  database: Database,
  classificationContext: ClassificationContext,
): { reason: Reason | null; doubts: readonly string[] } {
  const doubts: string[] = [];
  for (const reason of reasons) {
    if (database.masterUserSecret !== null && !reason.evenWithSecret) continue;
    const verdict = reason.applies(database, classificationContext);
    if (verdict === true) return { reason, doubts: [] };
    if (verdict !== false) doubts.push(verdict);
  }
  return { reason: null, doubts };
}

/** Decides whose business the master password of a database is. What AWS reports wins over what AWS documents. */
export function classify(database: Database, classificationContext: ClassificationContext): ClassifiedDatabase {
  const { reason, doubts } = weigh(database, classificationContext);
  if (reason !== null)
    return {
      ...database,
      management: reason.management,
      reason: reason.code,
      explanation: reason.explanation,
      doubt: null,
    };
  const management = database.masterUserSecret === null ? "unmanaged" : "managed";
  return { ...database, management, reason: null, explanation: null, doubt: doubts.join("; ") || null };
}

/** Blue/green deployments that are over, or on their way out; any other state counts only where AWS documents it. */
const activeBlueGreenStatuses = [
  "PROVISIONING",
  "AVAILABLE",
  "SWITCHOVER_IN_PROGRESS",
  "SWITCHOVER_FAILED",
  "INVALID_CONFIGURATION",
];

/** Whether a blue/green deployment is under way. An unknown state is not: it must not excuse a database. */
export function isActiveBlueGreen(status: string): boolean {
  return activeBlueGreenStatuses.includes(status);
}
