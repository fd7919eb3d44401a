import { secretNotShared } from "../../rules/secret-not-shared.ts";
import { aContext, account, region, seen, unseen } from "../support/builders.ts";
import { describeRule } from "../support/rule-harness.ts";

const under = (...Statement: readonly object[]) =>
  aContext({ resourcePolicy: seen(JSON.stringify({ Version: "2012-10-17", Statement })) });
const partner = {
  Sid: "Partner",
  Effect: "Allow",
  Principal: { AWS: "arn:aws:iam::210987654321:root" },
  Action: "secretsmanager:GetSecretValue",
  Resource: "*",
};
const show = `aws secretsmanager get-resource-policy --region ${region} --secret-id 'arn:aws:secretsmanager:${region}:${account}:secret:rds!db-0123abcd-xmJRDx'`;

describeRule({
  rule: secretNotShared,
  url: import.meta.url,
  confirms: { policyNotSeen: ["secretsmanager:GetResourcePolicy"] },
  examples: {
    COMPLIANT: [
      { name: "a secret without a resource policy", messageId: "own" },
      {
        name: "a resource policy for the account itself",
        context: under({ ...partner, Principal: { AWS: `arn:aws:iam::${account}:root` } }),
        messageId: "own",
      },
    ],
    NON_COMPLIANT: [
      {
        name: "a resource policy that names another account",
        context: under(partner),
        messageId: "shared",
        mentions: ['statement "Partner": account 210987654321.', show, `aws:PrincipalAccount to ${account}`],
        evidence: { statements: ['statement "Partner": account 210987654321'] },
      },
    ],
    INSUFFICIENT_DATA: [
      {
        name: "a resource policy with a condition that only AWS can evaluate",
        context: under({
          ...partner,
          Principal: "*",
          Condition: { StringEquals: { "aws:PrincipalOrgID": "o-1" } },
        }),
        messageId: "sharingUnknown",
        mentions: ["cannot be determined: statement", show],
        evidence: {
          statements: ['statement "Partner": everyone on the condition aws:PrincipalOrgID StringEquals o-1'],
        },
      },
      {
        name: "a resource policy that could not be read",
        context: aContext({
          resourcePolicy: unseen("secretsmanager:GetResourcePolicy failed with AccessDeniedException"),
        }),
        messageId: "policyNotSeen",
        mentions: ["secretsmanager:GetResourcePolicy failed with AccessDeniedException"],
      },
    ],
  },
});
