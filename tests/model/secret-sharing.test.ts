import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { judgeSharing } from "../../lib/model/secret-sharing.ts";
import { account } from "../support/builders.ts";

const other = "210987654321";
const policy = (...Statement: readonly object[]) => JSON.stringify({ Version: "2012-10-17", Statement });
const allow = (Principal: unknown, more: object = {}) => ({
  ...{ Sid: "Read", Effect: "Allow", Principal, Action: "secretsmanager:GetSecretValue", Resource: "*" },
  ...more,
});
const deny = (more: object = {}) => ({ ...allow("*"), Sid: "Guard", Effect: "Deny", ...more });
const on = (Condition: object, principal: unknown = "*") => allow(principal, { Condition });
const judge = (...statements: readonly object[]) => judgeSharing(policy(...statements), account);

describe("a resource policy shares the password", () => {
  test.each([
    ["with another account", allow({ AWS: `arn:aws:iam::${other}:root` }), `account ${other}`],
    ["with another account by number", allow({ AWS: [account, other] }), `account ${other}`],
    ["with a role of another account", allow({ AWS: `arn:aws:iam::${other}:role/reader` }), `account ${other}`],
    ["with everyone", allow("*"), "everyone"],
    ["with everyone in AWS", allow({ AWS: "*" }), "everyone"],
    ["with everyone but one", allow(undefined, { NotPrincipal: { AWS: account } }), "everyone with exceptions"],
    ["by reading several secrets", allow("*", { Action: "secretsmanager:BatchGetSecretValue" }), "everyone"],
    ["by all actions, in any case", allow("*", { Action: "SecretsManager:get*" }), "everyone"],
    [
      "by all actions but one",
      allow("*", { Action: undefined, NotAction: "secretsmanager:PutSecretValue" }),
      "everyone",
    ],
    ["over TLS", on({ Bool: { "aws:SecureTransport": "true" } }), "everyone"],
    [
      "by a condition on another account",
      on({ StringEquals: { "aws:PrincipalAccount": [account, other] } }),
      `everyone on the condition aws:PrincipalAccount StringEquals ${account}, ${other}`,
    ],
  ])("%s", (_, statement, who) => {
    expect(judge(statement)).toEqual({ verdict: "shared", statements: [`statement "Read": ${who}`] });
  });

  test("although it denies requests without TLS", () => {
    const tls = deny({ Condition: { Bool: { "aws:SecureTransport": "false" } } });
    expect(judge(tls, allow("*"))).toMatchObject({ verdict: "shared" });
  });

  test("and names a statement without a Sid by its position", () => {
    expect(judge(allow({ AWS: account }), allow("*", { Sid: undefined })).statements).toEqual([
      "statement 2: everyone",
    ]);
  });
});

describe("a resource policy keeps the password in the account", () => {
  test.each([
    ["if it names the account", allow({ AWS: `arn:aws:iam::${account}:root` })],
    ["if it names a role of the account", allow({ AWS: `arn:aws:iam::${account}:role/app` })],
    ["if it names a service", allow({ Service: "lambda.amazonaws.com" })],
    ["if it names a principal that was deleted", allow({ AWS: "AIDACKCEVSQ6C2EXAMPLE" })],
    ["if it allows others only to describe the secret", allow("*", { Action: "secretsmanager:DescribeSecret" })],
    ["if a condition limits it to the account", on({ StringEquals: { "aws:PrincipalAccount": account } })],
    [
      "if a condition limits it to roles of the account",
      on({ ArnLike: { "aws:PrincipalArn": `arn:aws:iam::${account}:role/app-*` } }),
    ],
  ])("%s", (_, statement) => {
    expect(judge(statement)).toEqual({ verdict: "own", statements: [] });
  });

  test.each([
    ["denies everyone", deny()],
    ["denies other accounts", deny({ Condition: { StringNotEquals: { "aws:PrincipalAccount": account } } })],
  ])("if it %s", (_, statement) => {
    expect(judge(allow("*"), statement)).toEqual({ verdict: "own", statements: [] });
  });

  test("if there is none", () => {
    expect(judgeSharing(null, account)).toEqual({ verdict: "own", statements: [] });
  });
});

describe("whether a resource policy shares the password cannot be determined", () => {
  test.each([
    ["an organization", on({ StringEquals: { "aws:PrincipalOrgID": "o-1" } })],
    ["where requests come from", on({ StringEquals: { "aws:SourceVpce": "vpce-1" } })],
    ["roles of any account", on({ ArnLike: { "aws:PrincipalArn": "arn:aws:iam::*:role/app" } })],
    ["all accounts but one", on({ StringNotEquals: { "aws:PrincipalAccount": other } })],
    ["an organization, for another account", on({ StringEquals: { "aws:PrincipalOrgID": "o-1" } }, { AWS: other })],
  ])("if it depends on %s", (_, statement) => {
    expect(judge(statement)).toEqual({
      verdict: "unknown",
      statements: [expect.stringMatching(/^statement "Read": .+ on the condition aws:/)],
    });
  });

  test.each([
    ["a Deny may keep others out", deny({ Condition: { StringNotEquals: { "aws:PrincipalOrgID": "o-1" } } })],
    ["a Deny names some principals", deny({ Principal: { AWS: other } })],
    ["an element is not known", { ...deny(), Extra: 1 }],
  ])("if %s", (_, statement) => {
    expect(judge(allow("*"), statement)).toMatchObject({ verdict: "unknown" });
  });

  test.each(["", "x", "null", "{}"])("from %p, which is no policy", (text) => {
    expect(judgeSharing(text, account).verdict).toBe("unknown");
  });

  test("from any text, without throwing", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) =>
        ["own", "shared", "unknown"].includes(judgeSharing(text, account).verdict),
      ),
    );
  });
});
