import { rotationEnabled } from "../../rules/rotation-enabled.ts";
import { aContext, aDatabase, secretArn, seen, unseen, withSecret } from "../support/builders.ts";
import { describeRule } from "../support/rule-harness.ts";

describeRule({
  rule: rotationEnabled,
  url: import.meta.url,
  confirms: { secretMissing: ["secretsmanager:DescribeSecret"], off: ["secretsmanager:DescribeSecret"] },
  examples: {
    COMPLIANT: [
      { name: "a managed secret that rotates", database: aDatabase(), context: aContext(), messageId: "on" },
      {
        name: "a secret that rotates without rules that could be read",
        database: aDatabase(),
        context: withSecret({ rotationRules: null }),
        messageId: "on",
      },
    ],
    NON_COMPLIANT: [
      {
        name: "a cancelled rotation still shows its schedule",
        database: aDatabase(),
        context: withSecret({ rotationEnabled: false, nextRotationAt: null }),
        messageId: "off",
        mentions: [`--secret-id '${secretArn}'`, "DB instance orders"],
        evidence: { rotationEnabled: false, lastRotatedAt: "2026-11-20T03:00:00.000Z" },
      },
      {
        name: "rotation that was never configured",
        database: aDatabase(),
        context: withSecret({ rotationEnabled: null, rotationRules: null, lastRotatedAt: null, nextRotationAt: null }),
        messageId: "off",
        evidence: { rotationEnabled: null, lastRotatedAt: null },
      },
    ],
    NOT_APPLICABLE: [
      {
        name: "a database without a managed password",
        database: aDatabase({ management: "unmanaged" }),
        context: aContext(),
        messageId: "notManaged",
      },
      {
        name: "a secret that does not exist is reported by another rule",
        database: aDatabase(),
        context: aContext({ secret: seen<never>(null) }),
        messageId: "secretMissing",
      },
    ],
    INSUFFICIENT_DATA: [
      {
        name: "secrets that could not be listed",
        database: aDatabase(),
        context: aContext({ secret: unseen() }),
        messageId: "secretNotSeen",
        mentions: ["secretsmanager:ListSecrets failed with AccessDeniedException"],
      },
    ],
  },
});
