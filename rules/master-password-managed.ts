import { isUnavailable } from "../lib/model/availability.ts";
import { type ClassifiedDatabase, hasIamMasterUsers, unknown } from "../lib/model/database.ts";
import { turnOnAsRequired } from "../lib/model/required-key.ts";
import { defineRule } from "../lib/model/rule.ts";
import { databaseLists, databaseMessages, gapRemedy, notAudited } from "../lib/model/rule-guards.ts";

export const masterPasswordManaged = defineRule({
  id: "master-password-managed",
  title: "RDS manages the master password in Secrets Manager",
  severity: "high",
  rationale:
    "A master password that a person sets ends up in scripts, state files and tickets, and stays valid until it is changed by hand. " +
    "RDS can generate the password, store it in Secrets Manager and rotate it. " +
    "A database restored from a snapshot is not managed, even if its source was, unless it is an Oracle database that was restored with management. " +
    "IAM database authentication does not remove the master password, unless the master user itself logs in with IAM, which RDS does not report.",
  references: ["https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html"],
  reads: [...databaseLists, "rds:DescribeGlobalClusters", "rds:DescribeBlueGreenDeployments"],
  messages: {
    managed: { status: "COMPLIANT", text: "RDS manages the master password of {database}." },
    unmanaged: {
      status: "NON_COMPLIANT",
      modifiesDatabase: true,
      repairs: ["enable"],
      text: "RDS does not manage the master password of {database}.",
      remedy: "{caution}Warn users of the master login, then enable RDS-managed passwords: {turnOn}",
    },
    unmanagedWithoutKey: {
      status: "NON_COMPLIANT",
      modifiesDatabase: true,
      repairs: ["enable"],
      text: "RDS does not manage the master password of {database}.",
      remedy:
        "{caution}Choose a customer managed key that exists, and name it under keys in the policy. Then warn users of the master login, and turn management on with that key.",
    },
    availabilityUnknown: {
      status: "INSUFFICIENT_DATA",
      text: "RDS does not manage the master password of {database}, and whether RDS can manage it is unknown: {why}.",
      remedy:
        "Check in the RDS documentation whether RDS can manage the password, and check for a newer version of rds-password-audit.",
    },
    doubtful: {
      status: "INSUFFICIENT_DATA",
      text: "RDS does not manage the master password of {database}, and whether RDS can manage it is unknown: {why}.",
      remedy: gapRemedy,
    },
    engineNotSeen: {
      status: "INSUFFICIENT_DATA",
      text: "RDS did not report the engine of {database}, so it cannot be audited.",
      remedy: "Audit again. If the engine is still missing, check the database in the RDS console.",
    },
    clusterNotSeen: {
      status: "INSUFFICIENT_DATA",
      text: "{database} has the master password of DB cluster {cluster}, which could not be read: {why}.",
      remedy: gapRemedy,
    },
    tenantsNotSeen: {
      status: "INSUFFICIENT_DATA",
      text: "The tenant databases of {database} own its master passwords and could not be read: {why}.",
      remedy: gapRemedy,
    },
    ...databaseMessages,
  },
  check(database, { cluster, tenantDatabases, requiredKeys }) {
    if (database.engine === unknown) return { messageId: "engineNotSeen" };
    if (database.management === "managed") return { messageId: "managed" };
    if (database.management === "out-of-scope") return notAudited(database);
    if (database.management !== "unmanaged") {
      if (!cluster.seen)
        return { messageId: "clusterNotSeen", data: { cluster: database.clusterIdentifier ?? "", why: cluster.why } };
      if (!tenantDatabases.seen) return { messageId: "tenantsNotSeen", data: { why: tenantDatabases.why } };
      return notAudited(database);
    }
    const unavailable = isUnavailable(database);
    if (typeof unavailable === "string") return { messageId: "availabilityUnknown", data: { why: unavailable } };
    if (database.doubt !== null) return { messageId: "doubtful", data: { why: database.doubt } };
    const { engine, createdAt } = database;
    const { caution, evidence } = cautionFor(database);
    const facts = { engine, createdAt, ...evidence };
    const turnOn = turnOnAsRequired(database, requiredKeys);
    if (turnOn === null) return { messageId: "unmanagedWithoutKey", data: { caution }, evidence: facts };
    return { messageId: "unmanaged", data: { caution, turnOn }, evidence: facts };
  },
});

/** What to consider before management is turned on, and the facts behind it. */
function cautionFor({ engine, replicas, iamAuthentication }: ClassifiedDatabase) {
  if (replicas.length > 0 && !engine.startsWith("sqlserver"))
    return {
      caution: `RDS creates no more read replicas of the database while it manages the password; it has ${replicas.join(", ")}. `,
      evidence: { replicas },
    };
  if (hasIamMasterUsers({ engine }) && iamAuthentication)
    return {
      caution:
        "If its master user logs in with IAM (iam-db-auth), which RDS does not report, list the database under support.iamDbAuth in the policy instead. ",
      evidence: { iamAuthentication },
    };
  return { caution: "", evidence: {} };
}
