import { masterPasswordManaged } from "../../rules/master-password-managed.ts";
import { aContext, aDatabase, seen, unseen } from "../support/builders.ts";
import { describeRule } from "../support/rule-harness.ts";

describeRule({
  rule: masterPasswordManaged,
  url: import.meta.url,
  examples: {
    COMPLIANT: [
      { name: "a database whose password RDS manages", messageId: "managed" },
      {
        name: "an Oracle database that was restored from a snapshot with a managed password",
        database: aDatabase({ engine: "oracle-ee", createdAt: "2026-11-24T11:00:00.000Z" }),
        messageId: "managed",
      },
      {
        name: "a managed database with facts that were not seen",
        database: aDatabase({ doubt: "rds:DescribeGlobalClusters failed with AccessDenied" }),
        context: aContext({ secret: unseen(), cluster: unseen(), tenantDatabases: unseen() }),
        messageId: "managed",
      },
    ],
    NON_COMPLIANT: [
      {
        name: "an unmanaged instance",
        database: aDatabase({ management: "unmanaged" }),
        messageId: "unmanaged",
        mentions: [
          "the master password of DB instance orders.",
          "aws rds modify-db-instance --region eu-west-1 --db-instance-identifier orders --manage-master-user-password",
        ],
        evidence: { engine: "postgres", createdAt: "2024-01-15T08:00:00.000Z" },
      },
      {
        name: "an unmanaged instance whose key the policy requires",
        database: aDatabase({ management: "unmanaged" }),
        context: aContext({
          requiredKeys: [
            { requirement: "customer-managed", arn: seen<string>(null), key: seen<never>(null) },
            { requirement: "alias/gone", arn: seen<string>(null), key: seen<never>(null) },
            { requirement: "alias/orders", arn: unseen(), key: unseen() },
          ],
        }),
        messageId: "unmanaged",
        mentions: ["--manage-master-user-password --master-user-secret-kms-key-id alias/orders"],
        evidence: { engine: "postgres", createdAt: "2024-01-15T08:00:00.000Z" },
      },
      {
        name: "an unmanaged instance for which the policy requires the default key",
        database: aDatabase({ management: "unmanaged" }),
        context: aContext({
          requiredKeys: [{ requirement: "aws-managed", arn: seen<string>(null), key: seen<never>(null) }],
        }),
        messageId: "unmanaged",
        mentions: ["--manage-master-user-password"],
        evidence: { engine: "postgres", createdAt: "2024-01-15T08:00:00.000Z" },
      },
      {
        name: "an unmanaged instance for which the policy requires a key and names none",
        database: aDatabase({ management: "unmanaged" }),
        context: aContext({
          requiredKeys: [{ requirement: "customer-managed", arn: seen<string>(null), key: seen<never>(null) }],
        }),
        messageId: "unmanagedWithoutKey",
        evidence: { engine: "postgres", createdAt: "2024-01-15T08:00:00.000Z" },
      },
      {
        name: "an unmanaged cluster",
        database: aDatabase({ management: "unmanaged", kind: "cluster", engine: "aurora-mysql", createdAt: null }),
        messageId: "unmanaged",
        mentions: ["aws rds modify-db-cluster --region eu-west-1 --db-cluster-identifier orders"],
        evidence: { engine: "aurora-mysql", createdAt: null },
      },
      {
        name: "an unmanaged tenant database",
        database: aDatabase({ management: "unmanaged", kind: "tenant-database", identifier: "erp/PDB1" }),
        messageId: "unmanaged",
        mentions: ["modify-tenant-database --region eu-west-1 --db-instance-identifier erp --tenant-db-name PDB1"],
        evidence: { engine: "postgres", createdAt: "2024-01-15T08:00:00.000Z" },
      },
      {
        name: "an unmanaged database with read replicas, of which RDS would create no more",
        database: aDatabase({ management: "unmanaged", replicas: ["orders-eu", "orders-us"] }),
        messageId: "unmanaged",
        mentions: ["creates no more read replicas", "it has orders-eu, orders-us. Warn users"],
        evidence: { engine: "postgres", createdAt: "2024-01-15T08:00:00.000Z", replicas: ["orders-eu", "orders-us"] },
      },
      {
        name: "an unmanaged SQL Server database with read replicas, of which RDS creates more",
        database: aDatabase({ management: "unmanaged", engine: "sqlserver-ee", replicas: ["erp-2"] }),
        messageId: "unmanaged",
        evidence: { engine: "sqlserver-ee", createdAt: "2024-01-15T08:00:00.000Z" },
      },
      {
        name: "an unmanaged database with IAM authentication, whose master user may have no password",
        database: aDatabase({ management: "unmanaged", iamAuthentication: true }),
        messageId: "unmanaged",
        mentions: ["which RDS does not report", "support.iamDbAuth", "--manage-master-user-password"],
        evidence: { engine: "postgres", createdAt: "2024-01-15T08:00:00.000Z", iamAuthentication: true },
      },
      {
        name: "an unmanaged MySQL database with IAM authentication, whose master user always has a password",
        database: aDatabase({ management: "unmanaged", engine: "mysql", iamAuthentication: true }),
        messageId: "unmanaged",
        evidence: { engine: "mysql", createdAt: "2024-01-15T08:00:00.000Z" },
      },
    ],
    NOT_APPLICABLE: [
      {
        name: "a cluster member whose cluster is audited",
        database: aDatabase({
          management: "inherited",
          reason: "cluster-member",
          explanation: "its cluster is audited",
          clusterIdentifier: "ledger",
        }),
        messageId: "notAudited",
        mentions: ["is not audited: its cluster is audited."],
      },
      {
        name: "an instance of another service's cluster that could not be read",
        database: aDatabase({
          management: "out-of-scope",
          reason: "docdb",
          explanation: "it is an Amazon DocumentDB cluster",
          clusterIdentifier: "documents",
        }),
        context: aContext({ cluster: unseen("rds:DescribeDBClusters failed with AccessDenied") }),
        messageId: "notAudited",
      },
      {
        name: "an unsupported database without an explanation",
        database: aDatabase({ management: "unsupported", reason: "rds-custom" }),
        messageId: "notAudited",
        mentions: ["is not audited: unsupported."],
      },
    ],
    INSUFFICIENT_DATA: [
      {
        name: "an unmanaged database of an engine that is not known",
        database: aDatabase({ management: "unmanaged", engine: "postgres-next", doubt: "the engine is not known" }),
        messageId: "availabilityUnknown",
        mentions: ["does not know the engine postgres-next", "newer version"],
      },
      {
        name: "an unmanaged database that may be unsupported",
        database: aDatabase({ management: "unmanaged", doubt: "rds:DescribeGlobalClusters failed with AccessDenied" }),
        messageId: "doubtful",
        mentions: ["rds:DescribeGlobalClusters failed with AccessDenied"],
      },
      {
        name: "a managed database whose engine RDS did not report",
        database: aDatabase({ engine: "unknown" }),
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
        mentions: ["of DB cluster , which could not be read: it was not read."],
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
