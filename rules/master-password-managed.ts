import { unknown } from "../lib/model/database.ts";
import { defineRule } from "../lib/model/rule.ts";
import { databaseLists } from "../lib/model/rule-guards.ts";

export const masterPasswordManaged = defineRule({
  id: "master-password-managed",
  title: "The master password is managed by RDS in Secrets Manager",
  severity: "high",
  rationale:
    "A master password that somebody chose is known to somebody: it stands in a script, a state file or a ticket, and stays valid until it is changed by hand. " +
    "RDS can make it, keep it in Secrets Manager and rotate it. " +
    "Databases restored from a snapshot are not managed, whatever their source was. IAM database authentication does not remove the master password.",
  references: ["https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html"],
  reads: [...databaseLists, "rds:DescribeGlobalClusters", "rds:DescribeBlueGreenDeployments"],
  messages: {
    managed: { status: "COMPLIANT", text: "RDS manages the master password of {database}." },
    unmanaged: {
      status: "NON_COMPLIANT",
      repairs: ["enable"],
      text: "{database} has a master password that RDS does not manage.",
      remedy:
        "Tell those who log in as the master user, then turn management on: {modify} --manage-master-user-password",
    },
    doubtful: {
      status: "INSUFFICIENT_DATA",
      text: "{database} has no managed master password; whether AWS supports one for it could not be read: {why}.",
      remedy: "Give the auditor what the gap names, and audit again.",
    },
    engineNotSeen: {
      status: "INSUFFICIENT_DATA",
      text: "AWS did not say which engine {database} runs, so it cannot be judged.",
      remedy: "Audit again; where it stays so, look the database up in the console.",
    },
    clusterNotSeen: {
      status: "INSUFFICIENT_DATA",
      text: "{database} has its master password from DB cluster {cluster}, which could not be read: {why}.",
      remedy: "Give the auditor what the gap names, and audit again.",
    },
    tenantsNotSeen: {
      status: "INSUFFICIENT_DATA",
      text: "The master passwords of {database} belong to its tenant databases, which could not be read: {why}.",
      remedy: "Give the auditor what the gap names, and audit again.",
    },
    notJudged: { status: "NOT_APPLICABLE", text: "{database} is not judged: {explanation}." },
  },
  check(database, { cluster, tenantDatabases }) {
    if (database.engine === unknown) return { messageId: "engineNotSeen" };
    if (database.management === "managed") return { messageId: "managed" };
    if (database.management !== "unmanaged") {
      if (!cluster.seen)
        return { messageId: "clusterNotSeen", data: { cluster: database.clusterIdentifier ?? "", why: cluster.why } };
      if (!tenantDatabases.seen) return { messageId: "tenantsNotSeen", data: { why: tenantDatabases.why } };
      return { messageId: "notJudged", data: { explanation: database.explanation ?? database.management } };
    }
    if (database.doubt !== null) return { messageId: "doubtful", data: { why: database.doubt } };
    return { messageId: "unmanaged", evidence: { engine: database.engine, createdAt: database.createdAt } };
  },
});
