import { rotationEnabled } from "../../rules/rotation-enabled.ts";
import { secretArn, withSecret } from "../support/builders.ts";
import { describeRule } from "../support/rule-harness.ts";

describeRule({
  rule: rotationEnabled,
  url: import.meta.url,
  confirms: { off: ["secretsmanager:DescribeSecret"], offNotOwned: ["secretsmanager:DescribeSecret"] },
  examples: {
    COMPLIANT: [
      { name: "a managed secret that rotates", messageId: "on" },
      {
        name: "a secret that rotates but reports no schedule",
        context: withSecret({ rotationRules: null }),
        messageId: "on",
      },
    ],
    NON_COMPLIANT: [
      {
        name: "canceled rotation that still shows its schedule",
        context: withSecret({ rotationEnabled: false, nextRotationAt: null }),
        messageId: "off",
        mentions: [`--secret-id '${secretArn}'`, "DB instance orders"],
        evidence: { rotationEnabled: false, lastRotatedAt: "2026-11-20T03:00:00.000Z" },
      },
      {
        name: "a secret of another owner, which Secrets Manager cannot rotate without a function",
        context: withSecret({ rotationEnabled: null, owningService: null }),
        messageId: "offNotOwned",
        evidence: { rotationEnabled: null, lastRotatedAt: "2026-11-20T03:00:00.000Z" },
      },
      {
        name: "rotation that was never configured",
        context: withSecret({ rotationEnabled: null, rotationRules: null, lastRotatedAt: null, nextRotationAt: null }),
        messageId: "off",
        evidence: { rotationEnabled: null, lastRotatedAt: null },
      },
    ],
  },
});
