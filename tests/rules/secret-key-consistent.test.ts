import { secretKeyConsistent } from "../../rules/secret-key-consistent.ts";
import { aContext, aDatabase, anUnseenKey, aSeenKey, keyArn, otherKeyArn, seen } from "../support/builders.ts";
import { describeRule } from "../support/rule-harness.ts";

const database = aDatabase();
const missing = { arn: seen<never>(null), key: seen<never>(null) };

describeRule({
  rule: secretKeyConsistent,
  url: import.meta.url,
  confirms: { secretMissing: ["secretsmanager:DescribeSecret"], different: ["secretsmanager:DescribeSecret"] },
  examples: {
    COMPLIANT: [
      { name: "both report the same key", database, context: aContext(), messageId: "same" },
      {
        name: "both report the same ARN, and the key itself cannot be read",
        database,
        context: aContext({ rdsKey: anUnseenKey(), secretKey: anUnseenKey() }),
        messageId: "same",
      },
    ],
    NON_COMPLIANT: [
      {
        name: "somebody changed the key in Secrets Manager",
        database,
        context: aContext({ secretKey: aSeenKey({ arn: otherKeyArn }) }),
        messageId: "different",
        mentions: [`RDS reports the key ${keyArn}`, `Secrets Manager ${otherKeyArn}`],
        evidence: { rdsKey: keyArn, secretsManagerKey: otherKeyArn },
      },
      {
        name: "RDS reports an alias that is gone",
        database,
        context: aContext({ rdsKey: missing }),
        messageId: "different",
        evidence: { rdsKey: "a key that does not exist", secretsManagerKey: keyArn },
      },
      {
        name: "Secrets Manager reports an alias that is gone",
        database,
        context: aContext({ secretKey: missing }),
        messageId: "different",
        evidence: { rdsKey: keyArn, secretsManagerKey: "a key that does not exist" },
      },
    ],
    NOT_APPLICABLE: [
      {
        name: "a secret that does not exist is reported by another rule",
        database,
        context: aContext({ secret: seen<never>(null) }),
        messageId: "secretMissing",
      },
      {
        name: "a database without a managed password",
        database: aDatabase({ management: "unmanaged" }),
        context: aContext(),
        messageId: "notManaged",
      },
    ],
    INSUFFICIENT_DATA: [
      {
        name: "the key by RDS could not be resolved",
        database,
        context: aContext({ rdsKey: anUnseenKey(null) }),
        messageId: "keyNotSeen",
        mentions: ["kms:DescribeKey failed with AccessDeniedException"],
      },
      {
        name: "the key by Secrets Manager could not be resolved",
        database,
        context: aContext({ secretKey: anUnseenKey(null, "secretsmanager:ListSecrets failed with Throttling") }),
        messageId: "keyNotSeen",
        mentions: ["secretsmanager:ListSecrets failed with Throttling"],
      },
      {
        name: "two aliases that are both gone cannot be compared",
        database,
        context: aContext({ rdsKey: missing, secretKey: missing }),
        messageId: "keyNotSeen",
        mentions: ["neither key exists"],
      },
    ],
  },
});
