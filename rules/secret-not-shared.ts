import { showResourcePolicyCommand } from "../lib/model/aws-cli.ts";
import { defineRule } from "../lib/model/rule.ts";
import { databaseLists, gapRemedy, isVerdict, secretMessages, secretOf } from "../lib/model/rule-guards.ts";
import { judgeSharing } from "../lib/model/secret-sharing.ts";

export const secretNotShared = defineRule({
  id: "secret-not-shared",
  title: "The managed secret is not shared outside its account",
  severity: "high",
  offByDefault: true,
  rationale:
    "A resource policy can let another account, an organization or everyone read the master password of a database. " +
    "Only the policy of the secret's KMS key may still stand in the way. The rule costs one call per secret, so it is off unless the policy turns it on.",
  references: [
    "https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_resource-policies.html",
    "https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples_cross.html",
  ],
  reads: [...databaseLists, "secretsmanager:ListSecrets"],
  messages: {
    ...secretMessages,
    policyNotSeen: {
      status: "INSUFFICIENT_DATA",
      text: "The resource policy of the secret of {database} could not be read: {why}.",
      remedy: gapRemedy,
      confirm: ["secretsmanager:GetResourcePolicy"],
    },
    own: { status: "COMPLIANT", text: "No resource policy shares the secret of {database}." },
    shared: {
      status: "NON_COMPLIANT",
      text: "The resource policy of the secret of {database} lets others read the master password: {statements}.",
      remedy:
        "Show the policy: {showPolicy}. Remove these statements, or limit them with aws:PrincipalAccount to {account}. Then rotate the password: {rotate}",
      modifiesDatabase: true,
    },
    sharingUnknown: {
      status: "INSUFFICIENT_DATA",
      text: "Whether the resource policy of the secret of {database} lets others read the master password cannot be determined: {statements}.",
      remedy:
        "Show the policy: {showPolicy}. Limit these statements with aws:PrincipalAccount to {account}, or exempt the database if they are intended.",
    },
  },
  check(database, context) {
    const secret = secretOf(database, context);
    if (isVerdict(secret)) return secret;
    const { resourcePolicy } = context;
    if (!resourcePolicy.seen) return { messageId: "policyNotSeen", data: { why: resourcePolicy.why } };
    const { verdict, statements } = judgeSharing(resourcePolicy.value, database.account);
    if (verdict === "own") return { messageId: "own" };
    const data = {
      statements: statements.join("; "),
      showPolicy: showResourcePolicyCommand(database, secret.arn),
      account: database.account,
    };
    return { messageId: verdict === "shared" ? "shared" : "sharingUnknown", data, evidence: { statements } };
  },
});
