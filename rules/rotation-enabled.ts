import { defineRule } from "../lib/model/rule.ts";
import { databaseLists, isVerdict, secretMessages, secretOf } from "../lib/model/rule-guards.ts";

export const rotationEnabled = defineRule({
  id: "rotation-enabled",
  title: "The managed secret rotates automatically",
  severity: "medium",
  rationale:
    "Rotation of a managed secret can be canceled. " +
    "Secrets Manager still shows the old schedule then, so only RotationEnabled is reliable. " +
    "Managed rotation has no Lambda function, so a missing function means nothing.",
  references: ["https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_managed.html"],
  reads: [...databaseLists, "secretsmanager:ListSecrets"],
  messages: {
    ...secretMessages,
    on: { status: "COMPLIANT", text: "The secret of {database} rotates automatically." },
    off: {
      status: "NON_COMPLIANT",
      repairs: ["schedule-rotation"],
      text: "The secret of {database} is managed but does not rotate automatically.",
      remedy:
        "Enable rotation: aws secretsmanager rotate-secret --region {region} --secret-id '{secret}' --rotation-rules AutomaticallyAfterDays=7 --no-rotate-immediately",
      confirm: ["secretsmanager:DescribeSecret"],
    },
    offNotOwned: {
      status: "NON_COMPLIANT",
      text: "The secret that RDS reports for {database} is not owned by RDS and does not rotate automatically.",
      remedy:
        "Give the database a secret of its own, as secret-belongs-to-database says: RDS rotates it every seven days.",
      confirm: ["secretsmanager:DescribeSecret"],
    },
  },
  check(database, context) {
    const secret = secretOf(database, context);
    if (isVerdict(secret)) return secret;
    if (secret.rotationEnabled === true) return { messageId: "on" };
    const { rotationEnabled, lastRotatedAt, owningService, arn } = secret;
    const evidence = { rotationEnabled, lastRotatedAt };
    if (owningService !== "rds") return { messageId: "offNotOwned", evidence };
    return { messageId: "off", data: { secret: arn }, evidence };
  },
});
