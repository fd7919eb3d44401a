import { describe, expect, test } from "@jest/globals";
import { listOf } from "./packaged.ts";
import { account, arnOf, type Call, keyArn, organizationRoles, roles, simulate } from "./simulate-role.ts";

const member = "222222222222";
const ofOrganization = (resource: string, id = "o-a1b2c3d4e5") =>
  `arn:aws:organizations::999999999999:${resource.replace("/", `/${id}/`)}`;
const memberRole = `arn:aws:iam::${member}:role/rds-password-audit-member`;

/** What recheck calls only if it audits an organization. */
const ofMembers: readonly Call[] = [
  ["organizations:DescribeAccount", ofOrganization(`account/${member}`)],
  ["organizations:ListParents", ofOrganization(`account/${member}`)],
  ["organizations:ListParents", ofOrganization("ou/ou-ab12-11111111")],
  ["sts:AssumeRole", memberRole],
];

describe("recheck of an organization", () => {
  test.each(ofMembers)("may %s on %s", async (...call) => {
    expect(await simulate(organizationRoles.recheck, call)).toBe("Allowed");
  });

  test.each(ofMembers)("may not %s on %s without the parameter organization", async (...call) => {
    expect(await simulate(roles.name.recheck, call)).toMatch(/Denied$/);
  });

  test.each<Call>([
    ["sts:AssumeRole", `arn:aws:iam::${member}:role/rds-password-audit-repair`],
    ["sts:AssumeRole", `arn:aws:iam::${member}:role/OrganizationAccountAccessRole`],
    ["sts:AssumeRole", `arn:aws:iam::${member}:role/path/rds-password-audit-member`],
    ["sts:AssumeRole", `arn:aws:iam::${account}:role/admin`],
    ["organizations:DescribeAccount", ofOrganization(`account/${member}`, "o-another123")],
    ["organizations:ListAccounts", "*"],
    ["organizations:MoveAccount", ofOrganization(`account/${member}`)],
    ["organizations:CloseAccount", ofOrganization(`account/${member}`)],
    ["events:PutEvents", arnOf("events", "event-bus/rds-password-audit-prod-members")],
    ["rds:ModifyDBInstance", arnOf("rds", "db:orders"), { "rds:ManageMasterUserPassword": "true" }],
    ["secretsmanager:GetSecretValue", arnOf("secretsmanager", "secret:rds!db-0123-a1b2c3")],
    ["kms:Decrypt", keyArn("abcd", member)],
    ["lambda:InvokeFunction", arnOf("lambda", "function:rds-password-audit-prod-remediate:durable")],
  ])("may not %s on %s", async (...call) => {
    expect(await simulate(organizationRoles.recheck, call)).toMatch(/Denied$/);
  });

  test("may do nothing else that it may not without the parameter", () => {
    const allowed = (statements: typeof organizationRoles.recheck) =>
      statements.flatMap(({ Effect, Action }) => (Effect === "Allow" ? listOf(Action) : []));
    const before = allowed(roles.name.recheck);
    const added = allowed(organizationRoles.recheck).filter((action) => !before.includes(action));
    expect(new Set(added)).toEqual(new Set(ofMembers.map(([action]) => action)));
  });
});
