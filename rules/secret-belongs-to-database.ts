import { defineRule } from "../lib/model/rule.ts";
import { databaseLists, secretMessages } from "../lib/model/rule-guards.ts";
import { describeInstant } from "../lib/model/time.ts";

/** RDS deletes the secret that it reports when management is turned off, even if another database uses it. */
const findOwner =
  "Find out who uses the secret: RDS deletes it when management is turned off, and another database may log in with it. Then turn management off with a new password, and on again.";

export const secretBelongsToDatabase = defineRule({
  id: "secret-belongs-to-database",
  title: "The secret that RDS reports exists and belongs to the database",
  severity: "high",
  rationale:
    "A database restored from a snapshot can report the secret of its source, or a secret that no longer exists: it looks managed but is not. " +
    "RDS owns each secret that it creates and tags it with the database it was created for. " +
    "Clients cannot read a secret that is scheduled for deletion.",
  references: [
    "https://docs.aws.amazon.com/secretsmanager/latest/userguide/service-linked-secrets.html",
    "https://github.com/hashicorp/terraform-provider-aws/issues/31509",
  ],
  reads: [...databaseLists, "secretsmanager:ListSecrets"],
  messages: {
    notManaged: secretMessages.notManaged,
    secretNotSeen: secretMessages.secretNotSeen,
    own: { status: "COMPLIANT", text: "The secret that RDS reports for {database} exists and belongs to it." },
    missing: {
      status: "NON_COMPLIANT",
      modifiesDatabase: true,
      text: "The secret that RDS reports for {database} does not exist: {secret}.",
      remedy: "Turn management off with a new password, then on again, which creates a new secret.",
      confirm: ["secretsmanager:DescribeSecret"],
    },
    beingDeleted: {
      status: "NON_COMPLIANT",
      text: "The secret of {database} has been scheduled for deletion since {deletedAt}.",
      remedy:
        "Restore the secret before it is deleted: aws secretsmanager restore-secret --region {region} --secret-id '{secret}'",
      confirm: ["secretsmanager:DescribeSecret"],
    },
    notOwned: {
      status: "NON_COMPLIANT",
      modifiesDatabase: true,
      text: "The secret that RDS reports for {database} is not owned by RDS ({owner}).",
      remedy: findOwner,
      confirm: ["secretsmanager:DescribeSecret"],
    },
    notNamed: {
      status: "INSUFFICIENT_DATA",
      text: "RDS manages the master password of {database} but reports no secret for it.",
      remedy: "Audit again in a few minutes: a new database may not have its secret yet.",
    },
    notTagged: {
      status: "INSUFFICIENT_DATA",
      text: "The secret of {database} has no tag that names the database it was created for.",
      remedy: "Check in the Secrets Manager console which database's password the secret holds.",
      confirm: ["secretsmanager:DescribeSecret"],
    },
    another: {
      status: "NON_COMPLIANT",
      modifiesDatabase: true,
      text: "The secret that RDS reports for {database} was created for another database: {primary}.",
      remedy: findOwner,
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
      return {
        messageId: "beingDeleted",
        data: { deletedAt: describeInstant(deletedAt), secret: arn },
        evidence: { ...evidence, deletedAt },
      };
    if (owningService !== "rds")
      return {
        messageId: "notOwned",
        data: { owner: owningService === null ? "it has no owning service" : `its owning service is ${owningService}` },
        evidence: { ...evidence, owningService },
      };
    if (primaryArns.length === 0) return { messageId: "notTagged", evidence };
    if (primaryArns.some((primary) => primary === database.arn || primary === database.containerArn))
      return { messageId: "own" };
    return { messageId: "another", data: { primary: primaryArns.join(", ") }, evidence: { ...evidence, primaryArns } };
  },
});
