import { defineRule } from "../lib/model/rule.ts";
import { databaseLists, secretMessages } from "../lib/model/rule-guards.ts";

export const secretBelongsToDatabase = defineRule({
  id: "secret-belongs-to-database",
  title: "The secret that RDS names exists and is this database's own",
  severity: "high",
  rationale:
    "A database restored from a snapshot can report the secret of its source, or one that is gone: it looks managed and is not. " +
    "RDS tags each secret that it makes with the database that it made it for, and owns it as a service. " +
    "A secret that waits for its deletion will be gone when the next client asks for it.",
  references: [
    "https://docs.aws.amazon.com/secretsmanager/latest/userguide/service-linked-secrets.html",
    "https://github.com/hashicorp/terraform-provider-aws/issues/31509",
  ],
  reads: [...databaseLists, "secretsmanager:ListSecrets"],
  messages: {
    notManaged: secretMessages.notManaged,
    secretNotSeen: secretMessages.secretNotSeen,
    own: { status: "COMPLIANT", text: "The secret that RDS names for {database} exists and is its own." },
    missing: {
      status: "NON_COMPLIANT",
      text: "The secret that RDS names for {database} does not exist: {secret}.",
      remedy:
        "Turn management on, which makes a secret of its own: {modify} --manage-master-user-password. Where RDS says that it is on already, turn it off first, with a new password.",
      confirm: ["secretsmanager:DescribeSecret"],
    },
    beingDeleted: {
      status: "NON_COMPLIANT",
      text: "The secret of {database} is scheduled for deletion since {deletedAt}.",
      remedy:
        "Restore it before it is gone: aws secretsmanager restore-secret --region {region} --secret-id '{secret}'",
      confirm: ["secretsmanager:DescribeSecret"],
    },
    notOwned: {
      status: "NON_COMPLIANT",
      text: "The secret that RDS names for {database} is owned by {owner}, not by RDS.",
      remedy:
        "Find out who made the secret, then turn management on: {modify} --manage-master-user-password. Where RDS says that it is on already, turn it off first, with a new password.",
      confirm: ["secretsmanager:DescribeSecret"],
    },
    notNamed: {
      status: "INSUFFICIENT_DATA",
      text: "RDS names no secret for {database}, although it says that it manages one.",
      remedy: "Audit again in a few minutes: a database that was just created may not have its secret yet.",
    },
    notTagged: {
      status: "INSUFFICIENT_DATA",
      text: "The secret of {database} carries no tag that says which database RDS made it for.",
      remedy: "Look the secret up in the console and see which database's password it holds.",
    },
    another: {
      status: "NON_COMPLIANT",
      text: "The secret that RDS names for {database} was made for another database: {primary}.",
      remedy:
        "Turn management on, which makes a secret of its own: {modify} --manage-master-user-password. Where RDS says that it is on already, turn it off first, with a new password.",
      confirm: ["secretsmanager:DescribeSecret"],
    },
  },
  check(database, { secret }) {
    if (database.management !== "managed") return { messageId: "notManaged" };
    const arn = database.masterUserSecret?.secretArn ?? null;
    if (arn === null) return { messageId: "notNamed" };
    if (!secret.seen) return { messageId: "secretNotSeen", data: { why: secret.why } };
    const evidence = { secretArn: arn };
    if (secret.value === null) return { messageId: "missing", data: { secret: arn }, evidence };
    const { deletedAt, owningService, primaryArns } = secret.value;
    if (deletedAt !== null)
      return { messageId: "beingDeleted", data: { deletedAt, secret: arn }, evidence: { ...evidence, deletedAt } };
    if (owningService !== "rds")
      return {
        messageId: "notOwned",
        data: { owner: owningService ?? "nobody" },
        evidence: { ...evidence, owningService },
      };
    if (primaryArns.length === 0) return { messageId: "notTagged", evidence };
    if (primaryArns.some((primary) => primary === database.arn || primary === database.containerArn))
      return { messageId: "own" };
    return { messageId: "another", data: { primary: primaryArns.join(", ") }, evidence: { ...evidence, primaryArns } };
  },
});
