import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Grant } from "../../lib/model/key.ts";
import { judgeKeyAccess } from "../../lib/model/key-policy.ts";
import { account, keyArn, otherKeyArn, region } from "../support/builders.ts";

const scope = { partition: "aws", region, account };
const root = `arn:aws:iam::${account}:root`;
const role = `arn:aws:iam::${account}:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS`;
const session = `arn:aws:sts::${account}:assumed-role/AWSServiceRoleForRDS/rds`;
const app = `arn:aws:iam::${account}:role/app`;

const policy = (...Statement: readonly object[]) => JSON.stringify({ Version: "2012-10-17", Statement });
const allow = (Principal: unknown, more: object = {}) => ({
  ...{ Sid: "Use", Effect: "Allow", Principal, Action: "kms:*", Resource: "*" },
  ...more,
});
const deny = (Principal: unknown, more: object = {}) => ({
  ...{ Sid: "Lock", Effect: "Deny", Principal, Action: "kms:*", Resource: "*" },
  ...more,
});
const delegates = allow({ AWS: root }, { Sid: "Enable IAM User Permissions" });
const on = (Condition: object) => deny("*", { Condition });
const via = (service: string) => ({ StringEquals: { "kms:ViaService": service } });
const secretsManager = `secretsmanager.${region}.amazonaws.com`;

const aGrant = (overrides: Partial<Grant> = {}): Grant => ({
  grantee: role,
  operations: ["Decrypt", "GenerateDataKey"],
  isConstrained: false,
  ...overrides,
});
const judge = (text: string, grants: readonly Grant[] | null = []) => judgeKeyAccess(text, grants, scope, keyArn);

describe("a key policy denies RDS the key for certain", () => {
  test.each([
    ["with a Deny of everyone", deny("*")],
    ["with a Deny of everyone in AWS", deny({ AWS: "*" })],
    ["with a Deny of RDS's role", deny({ AWS: [app, role] })],
    ["with a Deny of RDS's session", deny({ AWS: session })],
    ["with a Deny of everyone but another role", deny(undefined, { NotPrincipal: { AWS: app } })],
    ["with a Deny of decrypting, in any case", deny("*", { Action: ["kms:decrypt"] })],
    ["with a Deny of new data keys", deny("*", { Action: "kms:GenerateDataKey*" })],
    ["with a Deny of all but describing", deny("*", { Action: undefined, NotAction: "kms:DescribeKey" })],
    ["with a Deny on the key's own ARN", deny("*", { Resource: keyArn })],
    ["with a Deny of all that comes through Secrets Manager", on(via(secretsManager))],
    [
      "with a Deny of all but another service",
      on({ StringNotEquals: { "kms:ViaService": `s3.${region}.amazonaws.com` } }),
    ],
    [
      "with a Deny of all but Secrets Manager in another Region",
      on({ StringNotEquals: { "kms:ViaService": "secretsmanager.us-east-1.amazonaws.com" } }),
    ],
    ["with a Deny of all but another account", on({ StringNotEquals: { "kms:CallerAccount": "210987654321" } })],
    ["with a Deny of all but another role", on({ ArnNotLike: { "aws:PrincipalArn": app } })],
    ["with a Deny of requests with TLS", on({ Bool: { "aws:SecureTransport": "true" } })],
  ])("%s", (_, statement) => {
    expect(judge(policy(delegates, statement), [aGrant()])).toEqual({
      verdict: "denies",
      reason: expect.stringMatching(/^statement "Lock" of its policy denies RDS kms:(Decrypt|GenerateDataKey)/),
    });
  });

  test("and names a statement without a Sid by its position", () => {
    expect(judge(policy(delegates, deny("*", { Sid: undefined })))).toEqual({
      verdict: "denies",
      reason: "statement 2 of its policy denies RDS kms:Decrypt and kms:GenerateDataKey",
    });
  });

  test("and a statement that this version does not know does not hide it", () => {
    expect(judge(policy({ ...delegates, Extra: 1 }, deny("*"))).verdict).toBe("denies");
  });

  test.each([
    ["another role", allow({ AWS: app })],
    ["another account", allow({ AWS: "arn:aws:iam::210987654321:root" })],
    ["another service", allow({ Service: "logs.amazonaws.com" })],
    ["other actions", allow({ AWS: root }, { Action: ["kms:Describe*", "kms:Put*"] })],
    ["another key", allow({ AWS: root }, { Resource: otherKeyArn })],
  ])("if it allows only %s, and there is no grant", (_, statement) => {
    expect(judge(policy(statement))).toEqual({
      verdict: "denies",
      reason: "no statement of its policy and no grant allows RDS kms:Decrypt and kms:GenerateDataKey",
    });
  });

  test("if it allows one of the two", () => {
    expect(judge(policy(allow({ AWS: root }, { Action: "kms:Decrypt" }))).reason).toBe(
      "no statement of its policy and no grant allows RDS kms:GenerateDataKey",
    );
  });

  test.each([
    [
      "another Region",
      via("secretsmanager.us-east-1.amazonaws.com"),
      "kms:ViaService StringEquals secretsmanager.us-east-1.amazonaws.com",
    ],
    [
      "another account",
      { StringEquals: { "kms:CallerAccount": ["210987654321"] } },
      "kms:CallerAccount StringEquals 210987654321",
    ],
  ])("if its condition is on %s, which the reason names", (_, Condition, text) => {
    expect(judge(policy(allow({ AWS: "*" }, { Condition })))).toEqual({
      verdict: "denies",
      reason: `no statement of its policy and no grant allows RDS kms:Decrypt and kms:GenerateDataKey (statement "Use" does only on the condition ${text})`,
    });
  });

  test.each([
    ["of another role", aGrant({ grantee: app })],
    ["of other operations", aGrant({ operations: ["DescribeKey", "RetireGrant"] })],
  ])("if there are only grants %s", (_, grant) => {
    expect(judge(policy(allow({ AWS: app })), [grant]).verdict).toBe("denies");
  });
});

describe("a key policy lets RDS use the key", () => {
  test.each([
    ["by the account", delegates],
    ["by the account's number", allow({ AWS: account })],
    ["by everyone", allow({ AWS: "*" })],
    ["by RDS's role", allow({ AWS: role }, { Action: ["kms:Decrypt", "kms:GenerateDataKey*"] })],
    [
      "by everyone through Secrets Manager in this account, as the policy of aws/secretsmanager does",
      allow(
        { AWS: "*" },
        { Condition: { StringEquals: { "kms:CallerAccount": account, "kms:ViaService": secretsManager } } },
      ),
    ],
    [
      "through Secrets Manager in any Region",
      allow("*", { Condition: { StringLike: { "kms:ViaService": "secretsmanager.*" } } }),
    ],
  ])("%s", (_, statement) => {
    expect(judge(policy(statement), null).verdict).toBe("allows");
  });

  test("by a grant of RDS's role", () => {
    expect(judge(policy(allow({ AWS: app })), [aGrant()]).verdict).toBe("allows");
  });

  test("through IAM, and the reason says which statement leaves it to IAM, and that no grant names RDS", () => {
    expect(judge(policy(delegates), [aGrant({ grantee: app })]).reason).toBe(
      'statement "Enable IAM User Permissions" of its policy leaves it to IAM, and no grant names RDS: whether RDS may use the key cannot be determined',
    );
  });

  test.each([
    ["another role", deny({ AWS: app })],
    ["everyone but RDS's role", on({ ArnNotLike: { "aws:PrincipalArn": [app, role] } })],
    [
      "everyone but the service-linked roles",
      on({ StringNotLike: { "aws:PrincipalArn": "arn:aws:iam::*:role/aws-service-role/*" } }),
    ],
    ["requests without TLS", on({ BoolIfExists: { "aws:SecureTransport": false } })],
    ["other accounts", on({ StringNotEquals: { "aws:PrincipalAccount": account } })],
    ["other organizations", on({ StringNotEqualsIfExists: { "aws:PrincipalOrgID": "o-1" } })],
    ["direct use", on({ StringNotLike: { "kms:ViaService": "*" } })],
    ["the deletion of the key", deny("*", { Action: ["kms:ScheduleKeyDeletion", "kms:DisableKey"] })],
    ["grants, which only turning management on needs", deny("*", { Action: "kms:CreateGrant" })],
    ["another key", deny("*", { Resource: otherKeyArn })],
    [
      "everyone but two services, one of which is Secrets Manager",
      on({ StringNotEquals: { "kms:ViaService": [secretsManager, "s3"] } }),
    ],
  ])("although it denies %s", (_, statement) => {
    expect(judge(policy(delegates, statement)).verdict).toBe("allows");
  });
});

describe("whether RDS may use the key cannot be determined", () => {
  test.each([
    ["a Deny on where requests come from", on({ StringNotEquals: { "aws:SourceVpce": "vpce-1" } })],
    ["a Deny on a variable", on({ ArnNotLike: { "aws:PrincipalArn": `arn:aws:iam::1:role/\${aws:x}` } })],
    ["a Deny with an operator of sets", on({ "ForAnyValue:StringEquals": { "kms:ViaService": secretsManager } })],
    ["a Deny of the account", deny({ AWS: root })],
    ["a Deny of a service", deny({ Service: "rds.amazonaws.com" })],
    ["a Deny of everyone but the account", deny(undefined, { NotPrincipal: { AWS: root } })],
    ["a Deny of all but a resource", deny("*", { Resource: undefined, NotResource: otherKeyArn })],
    ["a Deny on the encryption context", on({ StringLike: { "kms:EncryptionContext:SecretARN": "*" } })],
    ["an element that does not exist", { ...deny("*"), Effekt: "Deny" }],
    ["a kind of principal that does not exist", deny({ Group: "x" })],
  ])("with %s", (_, statement) => {
    expect(judge(policy(delegates, statement))).toEqual({
      verdict: "unknown",
      reason: expect.stringMatching(/^statement ("Lock"|2) of its policy .+ cannot be determined$/),
    });
  });

  test.each([
    [
      "an Allow on the organization",
      allow({ AWS: "*" }, { Condition: { StringEquals: { "aws:PrincipalOrgID": "o-1" } } }),
    ],
    ["an Allow of the service", allow({ Service: "secretsmanager.amazonaws.com" })],
    ["an Allow of everyone but one", allow(undefined, { NotPrincipal: { AWS: app } })],
  ])("with nothing but %s", (_, statement) => {
    expect(judge(policy(statement))).toEqual({
      verdict: "unknown",
      reason:
        'statement "Use" of its policy may allow RDS kms:Decrypt and kms:GenerateDataKey: whether it does cannot be determined',
    });
  });

  test.each([
    ["a service", aGrant({ grantee: "rds.eu-west-1.amazonaws.com" })],
    ["RDS's role under constraints", aGrant({ isConstrained: true })],
  ])("with nothing but a grant of %s", (_, grant) => {
    expect(judge(policy(allow({ AWS: app })), [grant])).toEqual({
      verdict: "unknown",
      reason:
        "no statement of its policy allows RDS kms:Decrypt and kms:GenerateDataKey, and whether a grant does cannot be determined",
    });
  });

  test("if no statement allows it and the grants could not be read", () => {
    expect(judge(policy(allow({ AWS: app })), null)).toMatchObject({ verdict: "unknown" });
  });

  test.each(["", "Deny *", "null", "{}", '"Deny"'])("from %p, which is no policy", (text) => {
    expect(judge(text)).toEqual({ verdict: "unknown", reason: "its policy is not one that this version can read" });
  });

  test("from any text, without throwing", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) =>
        ["allows", "denies", "unknown"].includes(judge(text).verdict),
      ),
    );
  });
});
