import { secretKeyConsistent } from "../../rules/secret-key-consistent.ts";
import { aContext, anUnseenKey, aSeenKey, keyArn, otherKeyArn, seen } from "../support/builders.ts";
import { describeRule } from "../support/rule-harness.ts";

const missing = { arn: seen<never>(null), key: seen<never>(null) };

describeRule({
  rule: secretKeyConsistent,
  url: import.meta.url,
  confirms: { different: ["secretsmanager:DescribeSecret"] },
  examples: {
    COMPLIANT: [
      { name: "both report the same key", messageId: "same" },
      {
        name: "both report the same ARN, and the key itself cannot be read",
        context: aContext({ rdsKey: anUnseenKey(), secretKey: anUnseenKey() }),
        messageId: "same",
      },
    ],
    NON_COMPLIANT: [
      {
        name: "a key that was changed in Secrets Manager",
        context: aContext({ secretKey: aSeenKey({ arn: otherKeyArn }) }),
        messageId: "different",
        mentions: [`RDS reports ${keyArn} for`, `Secrets Manager reports ${otherKeyArn}.`],
        evidence: { rdsKey: keyArn, secretsManagerKey: otherKeyArn },
      },
      {
        name: "RDS reports an alias that does not exist",
        context: aContext({ rdsKey: missing }),
        messageId: "different",
        evidence: { rdsKey: "a key that does not exist", secretsManagerKey: keyArn },
      },
      {
        name: "Secrets Manager reports an alias that does not exist",
        context: aContext({ secretKey: missing }),
        messageId: "different",
        evidence: { rdsKey: keyArn, secretsManagerKey: "a key that does not exist" },
      },
    ],
    INSUFFICIENT_DATA: [
      {
        name: "two aliases that do not exist cannot be compared",
        context: aContext({ rdsKey: missing, secretKey: missing }),
        messageId: "keyNotSeen",
        mentions: ["neither key exists"],
      },
    ],
  },
});
