import { parseArn } from "../model/arn.ts";
import { isUnavailable } from "../model/availability.ts";
import { type ClassifiedDatabase, type Database, hasIamMasterUsers, type Management } from "../model/database.ts";
import type { Policy } from "../model/policy.ts";
import { matches } from "./match.ts";

/** The database ARNs of a list; `gap` says why the list may be incomplete, or is null. */
export type ListedArns = {
  readonly arns: ReadonlySet<string>;
  readonly gap: string | null;
  /** Why it is unknown whether an ARN belongs to the list, by ARN. */
  readonly doubts: ReadonlyMap<string, string>;
};

/** What decides the management of a database besides the database itself. */
export type ClassificationContext = {
  readonly globalClusterMembers: ListedArns;
  readonly blueGreenDatabases: ListedArns;
  /** Identifiers and ARNs of the databases of this account and Region; `gap` says why some may be missing, or is null. */
  readonly sources: { readonly names: ReadonlySet<string>; readonly gap: string | null };
  readonly support: Policy["support"];
};

/** Why rules do not apply to a database. `applies` returns text if that is unknown: the gap that has to be read first. */
export type Reason = {
  readonly code: string;
  readonly management: Exclude<Management, "managed" | "unmanaged">;
  /** Set if the reason applies even to a database that reports a managed secret. */
  readonly evenWithSecret?: true;
  readonly applies: (database: Database, classificationContext: ClassificationContext) => boolean | string;
  /** A clause that completes "It is not audited: …". */
  readonly explanation: string;
  /** What to add to the explanation about one database; default: nothing. */
  readonly details?: (database: Database, classificationContext: ClassificationContext) => string;
  readonly source: string;
  /** Month in which the AWS documentation was last checked. */
  readonly asOf: string;
};

const isAurora = ({ engine }: Database): boolean => engine.startsWith("aurora");
const isOracleCdb = ({ engine }: Database): boolean => /^oracle-.*-cdb$/.test(engine);

/** True if a list contains the database, or text that says why that is unknown. */
export function isListed({ arn }: Pick<Database, "arn">, { arns, gap, doubts }: ListedArns): boolean | string {
  return arns.has(arn) || (doubts.get(arn) ?? gap ?? false);
}

/** Names the source of a read replica, and says if its password is not judged with this account and Region. */
function describeSource(
  { replicationSource, account, region }: Database,
  { sources: { names, gap } }: ClassificationContext,
): string {
  const source = replicationSource ?? "";
  const arn = parseArn(source);
  if (arn !== null && arn.account !== account)
    return `, ${source}, in another account: it is audited only if account ${arn.account} is`;
  if (arn !== null && arn.region !== region)
    return `, ${source}, in another Region: it is audited only if ${arn.region} is`;
  return `, ${source}${gap === null || names.has(source) ? "" : `, which could not be read (${gap})`}`;
}

const guide = "https://docs.aws.amazon.com/AmazonRDS/latest";
/** Where AWS documents a reason, and when that was last checked. */
const inUserGuide = { source: `${guide}/UserGuide/rds-secrets-manager.html`, asOf: "2026-10" };
const inAuroraGuide = { source: `${guide}/AuroraUserGuide/rds-secrets-manager.html`, asOf: "2026-10" };
const inClusterReference = { source: `${guide}/APIReference/API_DescribeDBClusters.html`, asOf: "2026-10" };

/** All reasons, in the order in which they are tried. */
export const reasons: readonly Reason[] = [
  {
    code: "docdb",
    management: "out-of-scope",
    evenWithSecret: true,
    applies: ({ engine }) => engine === "docdb",
    explanation: "it is an Amazon DocumentDB cluster, which the RDS API also returns",
    ...inClusterReference,
  },
  {
    code: "neptune",
    management: "out-of-scope",
    evenWithSecret: true,
    applies: ({ engine }) => engine === "neptune",
    explanation: "it is an Amazon Neptune cluster, which the RDS API also returns and which has no master password",
    ...inClusterReference,
  },
  {
    code: "cluster-member",
    management: "inherited",
    evenWithSecret: true,
    applies: ({ kind, clusterIdentifier }) => kind === "instance" && clusterIdentifier !== null,
    explanation: "its DB cluster owns the master password and is audited instead",
    source: `${guide}/APIReference/API_ModifyDBInstance.html`,
    asOf: "2026-10",
  },
  {
    code: "multi-tenant-container",
    management: "unsupported",
    evenWithSecret: true,
    applies: ({ kind, multiTenant }) => kind === "instance" && multiTenant,
    explanation: "it is an Oracle container database whose tenant databases own the passwords and are audited instead",
    source: `${guide}/APIReference/API_ModifyTenantDatabase.html`,
    asOf: "2026-10",
  },
  {
    code: "read-replica",
    management: "inherited",
    evenWithSecret: true,
    applies: ({ kind, replicationSource, engine }) =>
      kind === "instance" && replicationSource !== null && !engine.startsWith("sqlserver"),
    explanation: "it is a read replica and has the master password of its source",
    details: describeSource,
    ...inUserGuide,
  },
  {
    code: "rds-custom",
    management: "unsupported",
    applies: ({ rdsCustom, engine }) => rdsCustom || engine.startsWith("custom-"),
    explanation: "AWS does not support RDS-managed passwords for RDS Custom",
    ...inUserGuide,
  },
  {
    code: "oracle-cdb",
    management: "unsupported",
    applies: (database, { support }) => support.oracleCdb === "unsupported" && isOracleCdb(database),
    explanation: "the policy sets support.oracleCdb to unsupported",
    ...inUserGuide,
    asOf: "2024-01",
  },
  {
    code: "serverless-v1",
    management: "unsupported",
    applies: ({ engineMode }) => engineMode === "serverless",
    explanation: "AWS does not support RDS-managed passwords for Aurora Serverless v1",
    source: `${guide}/AuroraUserGuide/aurora-serverless-v2.upgrade.html`,
    asOf: "2026-04",
  },
  {
    code: "limitless",
    management: "unsupported",
    applies: ({ scalabilityType }) => scalabilityType === "limitless",
    explanation: "AWS does not support RDS-managed passwords for Aurora PostgreSQL Limitless Database",
    source: `${guide}/AuroraUserGuide/limitless-reqs-limits.html`,
    asOf: "2026-04",
  },
  {
    code: "express-configuration",
    management: "unsupported",
    applies: ({ expressConfiguration }) => expressConfiguration,
    explanation:
      "it is an Aurora PostgreSQL cluster with express configuration, which supports only IAM authentication",
    source: `${guide}/AuroraUserGuide/CHAP_GettingStartedAurora.AuroraPostgreSQL.ExpressConfig.html`,
    asOf: "2026-04",
  },
  {
    code: "iam-db-auth",
    management: "unsupported",
    // RDS does not report it. What it reports can contradict the policy: only these engines have it, and only with IAM authentication on.
    applies: (database, { support }) =>
      hasIamMasterUsers(database) &&
      database.iamAuthentication &&
      support.iamDbAuth.some((match) => matches(match, database)),
    explanation:
      "the policy says that its master user logs in with IAM (MasterUserAuthenticationType is iam-db-auth), so it has no password",
    source: `${guide}/APIReference/API_ModifyDBInstance.html`,
    asOf: "2026-11",
  },
  {
    code: "replica-cluster",
    management: "unsupported",
    applies: ({ kind, replicationSource }) => kind === "cluster" && replicationSource !== null,
    explanation:
      "AWS does not support RDS-managed passwords for clusters that replicate from another Region or over binlog",
    ...inAuroraGuide,
  },
  {
    code: "global-database",
    management: "unsupported",
    applies: (database, { globalClusterMembers }) => {
      if (database.kind !== "cluster" || !isAurora(database)) return false;
      if (database.globalClusterIdentifier !== null || database.globalWriteForwarding) return true;
      return isListed(database, globalClusterMembers);
    },
    explanation: "AWS does not support RDS-managed passwords for members of an Aurora global database",
    ...inAuroraGuide,
  },
  {
    code: "blue-green-deployment",
    management: "unsupported",
    applies: (database, { blueGreenDatabases }) => isListed(database, blueGreenDatabases),
    explanation: "AWS does not support RDS-managed passwords during an active blue/green deployment",
    ...inUserGuide,
  },
  {
    code: "not-available",
    management: "unsupported",
    applies: (database) => isUnavailable(database),
    explanation: "AWS does not offer RDS-managed passwords for its engine version or in its Region",
    source: `${guide}/UserGuide/Concepts.RDS_Fea_Regions_DB-eng.Feature.SecretsManager.html`,
    asOf: "2026-04",
  },
];

/** Finds the first reason that applies to a database. Without one, `doubts` lists the gaps that could hide a reason. */
export function findReason(
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

/** Decides how the master password of a database is managed. A secret that AWS reports overrides what AWS documents as unsupported. */
export function classify(database: Database, classificationContext: ClassificationContext): ClassifiedDatabase {
  const { reason, doubts } = findReason(database, classificationContext);
  if (reason !== null) {
    const { management, code, details } = reason;
    const explanation = `${reason.explanation}${details?.(database, classificationContext) ?? ""}`;
    return { ...database, management, reason: code, explanation, doubt: null };
  }
  const management = database.masterUserSecret === null ? "unmanaged" : "managed";
  return { ...database, management, reason: null, explanation: null, doubt: doubts.join("; ") || null };
}

/**
 * Whether a blue/green deployment in a state is active: neither completed nor being deleted. Null for a state that AWS does not document.
 * Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_BlueGreenDeployment.html
 */
export function isActiveBlueGreen(status: string): boolean | null {
  if (["SWITCHOVER_COMPLETED", "DELETING"].includes(status)) return false;
  return activeBlueGreenStatuses.includes(status) ? true : null;
}

const activeBlueGreenStatuses = [
  "PROVISIONING",
  "AVAILABLE",
  "SWITCHOVER_IN_PROGRESS",
  "SWITCHOVER_FAILED",
  "INVALID_CONFIGURATION",
];
