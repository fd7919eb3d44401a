import { rotationEnabled } from "../../rules/rotation-enabled.ts";
import { aContext, aDatabase, secretArn, seen, unseen, withSecret } from "../support/builders.ts";
import { describeRule } from "../support/rule-harness.ts";

describeRule({
  rule: rotationEnabled,
  url: import.meta.url,
  confirms: { secretMissing: ["secretsmanager:DescribeSecret"], off: ["secretsmanager:DescribeSecret"] },
  examples: {
    COMPLIANT: [
      { name: "a managed secret that rotates", database: aDatabase(), context: aContext(), says: "on" },
      {
        name: "a secret that rotates without rules that could be read",
        database: aDatabase(),
        context: withSecret({ rotationRules: null }),
        says: "on",
      },
    ],
    NON_COMPLIANT: [
      {
        name: "a cancelled rotation still shows its schedule",
        database: aDatabase(),
        context: withSecret({ rotationEnabled: false, nextRotationAt: null }),
        says: "off",
        mentions: [`--secret-id '${secretArn}'`, "DB instance orders"],
        evidence: { rotationEnabled: false, lastRotatedAt: "2026-11-20T03:00:00.000Z" },
      },
      {
        name: "rotation that was never configured",
        database: aDatabase(),
        context: withSecret({ rotationEnabled: null, rotationRules: null, lastRotatedAt: null, nextRotationAt: null }),
        says: "off",
        evidence: { rotationEnabled: null, lastRotatedAt: null },
      },
    ],
    NOT_APPLICABLE: [
      {
        name: "a database without a managed password",
        database: aDatabase({ management: "unmanaged" }),
        context: aContext(),
        says: "notManaged",
      },
      {
        name: "a secret that does not exist is reported by another rule",
        database: aDatabase(),
        context: aContext({ secret: seen<never>(null) }),
        says: "secretMissing",
      },
    ],
    INSUFFICIENT_DATA: [
      {
        name: "secrets that could not be listed",
        database: aDatabase(),
        context: aContext({ secret: unseen() }),
        says: "secretNotSeen",
        mentions: ["secretsmanager:ListSecrets failed with AccessDeniedException"],
      },
    ],
  },
});
