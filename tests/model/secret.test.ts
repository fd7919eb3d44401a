import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { deniesRds, isKnownSecretStatus } from "../../lib/model/secret.ts";

const policy = (...Statement: readonly object[]) => JSON.stringify({ Version: "2012-10-17", Statement });
const deny = (Principal: unknown, more: object = {}) =>
  policy({ Effect: "Deny", Principal, Action: "*", Resource: "*", ...more });
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
    ["everybody, under a condition", deny("*", { Condition: { StringNotEquals: { "aws:PrincipalOrgID": "o-1" } } })],
    ["everybody but somebody else", policy({ Effect: "Deny", NotPrincipal: { AWS: "arn:aws:iam::1:role/app" } })],
    ["in its second statement", policy({ Effect: "Allow", Principal: "*" }, { Effect: "Deny", Principal: "*" })],
    ["in a statement without a list", JSON.stringify({ Statement: { Effect: "Deny", Principal: "*" } })],
  ])("denies %s", (_, text) => {
    expect(deniesRds(text)).toBe(true);
  });

  test.each([
    ["an Allow", policy({ Effect: "Allow", Principal: "*" })],
    ["a Deny of somebody else", deny({ AWS: "arn:aws:iam::123456789012:role/app" })],
    ["a Deny of a service whose name ends alike", deny({ Service: "notrds.amazonaws.com" })],
    ["a Deny of a role whose name begins alike", deny({ AWS: "arn:aws:iam::1:role/AWSServiceRoleForRDSCustom" })],
    ["a Deny of everybody but RDS", policy({ Effect: "Deny", NotPrincipal: { AWS: role } })],
    ["a Deny of nobody", policy({ Effect: "Deny" })],
    ["no statement", "{}"],
    ["text that is no JSON", "Deny *"],
    ["JSON that is no policy", '"Deny"'],
    ["null", "null"],
    ["a statement that is none", '{"Statement": [1]}'],
  ])("is not %s", (_, text) => {
    expect(deniesRds(text)).toBe(false);
  });

  test("no text makes it throw", () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => typeof deniesRds(text) === "boolean"));
  });
});

describe("the statuses that AWS documents", () => {
  test.each(["creating", "active", "rotating", "impaired"])("%s is known", (status) => {
    expect(isKnownSecretStatus(status)).toBe(true);
  });

  test.each(["", "Active", "deleting", "none"])("%j is not", (status) => {
    expect(isKnownSecretStatus(status)).toBe(false);
  });
});
