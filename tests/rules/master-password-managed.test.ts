import { masterPasswordManaged } from "../../rules/master-password-managed.ts";
import { aContext, aDatabase, unseen } from "../support/builders.ts";
import { describeRule } from "../support/rule-harness.ts";

describeRule({
  rule: masterPasswordManaged,
  url: import.meta.url,
  examples: {
    COMPLIANT: [
      {
        name: "a database whose password RDS manages",
        database: aDatabase(),
        context: aContext(),
        messageId: "managed",
      },
      {
        name: "a managed database is so, whatever else was not seen",
        database: aDatabase({ doubt: "rds:DescribeGlobalClusters failed with AccessDenied" }),
        context: aContext({ secret: unseen(), cluster: unseen(), tenantDatabases: unseen() }),
        messageId: "managed",
      },
    ],
    NON_COMPLIANT: [
      {
        name: "an instance with a password that somebody chose",
        database: aDatabase({ management: "unmanaged" }),
        context: aContext(),
        messageId: "unmanaged",
        mentions: [
          "DB instance orders has",
          "aws rds modify-db-instance --region eu-west-1 --db-instance-identifier orders --manage-master-user-password",
        ],
        evidence: { engine: "postgres", createdAt: "2024-01-15T08:00:00.000Z" },
      },
      {
        name: "a cluster with a password that somebody chose",
        database: aDatabase({ management: "unmanaged", kind: "cluster", engine: "aurora-mysql", createdAt: null }),
        context: aContext(),
        messageId: "unmanaged",
        mentions: ["aws rds modify-db-cluster --region eu-west-1 --db-cluster-identifier orders"],
        evidence: { engine: "aurora-mysql", createdAt: null },
      },
      {
        name: "a tenant database with a password that somebody chose",
        database: aDatabase({ management: "unmanaged", kind: "tenant-database", identifier: "erp/PDB1" }),
        context: aContext(),
        messageId: "unmanaged",
        mentions: ["modify-tenant-database --region eu-west-1 --db-instance-identifier erp --tenant-db-name PDB1"],
        evidence: { engine: "postgres", createdAt: "2024-01-15T08:00:00.000Z" },
      },
    ],
    NOT_APPLICABLE: [
      {
        name: "a cluster member whose cluster is judged",
        database: aDatabase({
          management: "inherited",
          reason: "cluster-member",
          explanation: "its cluster is judged",
          clusterIdentifier: "ledger",
        }),
        context: aContext(),
        messageId: "notJudged",
        mentions: ["its cluster is judged"],
      },
      {
        name: "a database that AWS does not support it for",
        database: aDatabase({ management: "unsupported", reason: "rds-custom" }),
        context: aContext(),
        messageId: "notJudged",
        mentions: ["is not judged: unsupported."],
      },
    ],
    INSUFFICIENT_DATA: [
      {
        name: "an unmanaged database that may be one that AWS does not support it for",
        database: aDatabase({ management: "unmanaged", doubt: "rds:DescribeGlobalClusters failed with AccessDenied" }),
        context: aContext(),
        messageId: "doubtful",
        mentions: ["rds:DescribeGlobalClusters failed with AccessDenied"],
      },
      {
        name: "a database whose engine AWS did not say, managed or not",
        database: aDatabase({ engine: "unknown" }),
        context: aContext(),
        messageId: "engineNotSeen",
      },
      {
        name: "a cluster member whose cluster could not be read",
        database: aDatabase({ management: "inherited", reason: "cluster-member", clusterIdentifier: "ledger" }),
        context: aContext({ cluster: unseen("rds:DescribeDBClusters failed with AccessDenied") }),
        messageId: "clusterNotSeen",
        mentions: ["DB cluster ledger", "rds:DescribeDBClusters failed with AccessDenied"],
      },
      {
        name: "a cluster that could not be read and has no name",
        database: aDatabase({ management: "inherited", clusterIdentifier: null }),
        context: aContext({ cluster: unseen("it was not read") }),
        messageId: "clusterNotSeen",
        mentions: ["from DB cluster , which could not be read: it was not read."],
      },
      {
        name: "a container whose tenant databases could not be read",
        database: aDatabase({ management: "unsupported", reason: "multi-tenant-container", multiTenant: true }),
        context: aContext({ tenantDatabases: unseen("rds:DescribeTenantDatabases failed with Throttling") }),
        messageId: "tenantsNotSeen",
        mentions: ["rds:DescribeTenantDatabases failed with Throttling"],
      },
    ],
  },
});
