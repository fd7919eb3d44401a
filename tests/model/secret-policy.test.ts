import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { deniesRds } from "../../lib/model/secret-policy.ts";

const policy = (...Statement: readonly object[]) => JSON.stringify({ Version: "2012-10-17", Statement });
const deny = (Principal: unknown, more: object = {}) =>
  policy({ Effect: "Deny", Principal, Action: "*", Resource: "*", ...more });
const on = (Condition: object) => deny("*", { Condition });
const role = "arn:aws:iam::123456789012:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS";
const session = "arn:aws:sts::123456789012:assumed-role/AWSServiceRoleForRDS/RDS";

describe("a resource policy that denies RDS", () => {
  test.each([
    ["everybody", deny("*")],
    ["everybody in AWS", deny({ AWS: "*" })],
    ["RDS by name", deny({ Service: "rds.amazonaws.com" })],
    ["RDS among others", deny({ Service: ["lambda.amazonaws.com", "rds.amazonaws.com"] })],
    ["RDS's role", deny({ AWS: role })],
    ["RDS's session", deny({ AWS: session })],
    [
      "a Deny of all principals but another role",
      policy({ Effect: "Deny", NotPrincipal: { AWS: "arn:aws:iam::1:role/app" } }),
    ],
    ["in its second statement", policy({ Effect: "Allow", Principal: "*" }, { Effect: "Deny", Principal: "*" })],
    ["in a statement without a list", JSON.stringify({ Statement: { Effect: "Deny", Principal: "*" } })],
    ["all that Secrets Manager can do", deny("*", { Action: "secretsmanager:*" })],
    [
      "to write the value, in any case",
      deny("*", { Action: ["secretsmanager:getsecretvalue", "SecretsManager:put*"] }),
    ],
    ["everything but reading the value", deny("*", { Action: undefined, NotAction: "secretsmanager:GetSecretValue" })],
    ["requests with TLS", on({ Bool: { "aws:SecureTransport": "true" } })],
    ["all but another role", on({ ArnNotLike: { "aws:PrincipalArn": "arn:aws:iam::123456789012:role/app" } })],
    ["its role by condition", on({ ArnLike: { "aws:PrincipalArn": [`arn:aws:iam::*:role/aws-service-role/*`] } })],
  ])("denies %s", (_, text) => {
    expect(deniesRds(text)).toBe(true);
  });

  test.each([
    ["an Allow", policy({ Effect: "Allow", Principal: "*" })],
    ["a Deny of another role", deny({ AWS: "arn:aws:iam::123456789012:role/app" })],
    ["a Deny of a service whose name ends alike", deny({ Service: "notrds.amazonaws.com" })],
    ["a Deny of a role whose name begins alike", deny({ AWS: "arn:aws:iam::1:role/AWSServiceRoleForRDSCustom" })],
    ["a Deny of everybody but RDS", policy({ Effect: "Deny", NotPrincipal: { AWS: role } })],
    ["a Deny without a principal", policy({ Effect: "Deny" })],
    ["a Deny of reading the value, which RDS never does", deny("*", { Action: "secretsmanager:GetSecretValue" })],
    ["a Deny of both reads", deny("*", { Action: ["secretsmanager:GetSecretValue", "secretsmanager:BatchGet*"] })],
    ["a Deny of requests without TLS", on({ Bool: { "aws:SecureTransport": "false" } })],
    ["a Deny of requests without TLS, as a boolean", on({ BoolIfExists: { "aws:SecureTransport": false } })],
    ["a Deny of other organizations", on({ StringNotEquals: { "aws:PrincipalOrgID": "o-1" } })],
    ["a Deny of other organizations, if known", on({ StringNotEqualsIfExists: { "AWS:PrincipalOrgId": ["o-1"] } })],
    ["a Deny that exempts RDS's role", on({ ArnNotEquals: { "aws:PrincipalArn": role } })],
    [
      "a Deny that exempts all service-linked roles",
      on({
        StringNotLike: { "aws:PrincipalArn": ["arn:aws:iam::1:role/app", "arn:*:iam::*:role/aws-service-role/*"] },
      }),
    ],
    ["a Deny of another role by condition", on({ ArnEquals: { "aws:PrincipalArn": "arn:aws:iam::1:role/app" } })],
    [
      "a Deny under two conditions, one of which exempts RDS",
      on({ StringEquals: { "aws:SourceVpc": "vpc-1" }, Bool: { "aws:SecureTransport": "false" } }),
    ],
    ["no statement", "{}"],
    ["text that is no JSON", "Deny *"],
    ["JSON that is no policy", '"Deny"'],
    ["null", "null"],
    ["a statement that is none", '{"Statement": [1]}'],
  ])("is not %s", (_, text) => {
    expect(deniesRds(text)).toBe(false);
  });

  test.each([
    ["where requests come from", on({ StringNotEquals: { "aws:SourceVpce": "vpce-1" } })],
    ["a principal that a variable names", on({ ArnNotLike: { "aws:PrincipalArn": `arn:aws:iam::1:role/\${x}` } })],
    ["the organization, if it is denied", on({ StringEquals: { "aws:PrincipalOrgID": "o-1" } })],
  ])("is unknown if it depends on %s", (_, text) => {
    expect(deniesRds(text)).toBeNull();
  });

  test("no text makes it throw", () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => [true, false, null].includes(deniesRds(text))));
  });
});
