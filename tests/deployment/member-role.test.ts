import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { runSimulation } from "@cloud-copilot/iam-simulate";
import { describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { memberEvents } from "../../deploy/member-events.ts";
import { memberRepairRole, memberRole } from "../../deploy/member-role.ts";
import type { Statement } from "../../deploy/statement.ts";
import { auditActions } from "../../lib/audit/permissions.ts";
import { rules } from "../../rules/index.ts";
import { account, arnOf, type Call, keyArn, otherKey, simulate } from "./simulate-role.ts";

const files = ["deploy/member-role.yaml", "deploy/member-repair-role.yaml", "deploy/member-events.yaml"];
const auditor = "arn:aws:iam::999999999999:role/security/auditor";
const recheck = "arn:aws:iam::999999999999:role/rds-password-audit-prod-RecheckRole-A1B2C3";
const organizationId = "o-a1b2c3d4e5";
const externalId = "7c1f5e0a-2f7e";

/** Replaces what CloudFormation resolves. */
function resolve(value: unknown, securityHub = "off"): unknown {
  if (Array.isArray(value))
    return value.map((one) => resolve(one, securityHub)).filter((one) => one !== "AWS::NoValue");
  if (typeof value !== "object" || value === null) return value;
  const { Ref, "Fn::Sub": text, "Fn::If": choice } = value as Partial<Intrinsics>;
  const values: Record<string, string | string[]> = {
    AuditorArns: [auditor, recheck],
    OrganizationId: organizationId,
    ExternalId: externalId,
  };
  if (Ref !== undefined) return values[Ref] ?? Ref;
  if (choice !== undefined) return resolve(choice[securityHub === "on" ? 1 : 2], securityHub);
  if (Array.isArray(text)) return text[0].replace(`\${AWS::Partition}`, "aws").replace(`\${Account}`, "999999999999");
  if (text !== undefined) return text.replace(`\${AWS::Partition}`, "aws").replaceAll(`\${AWS::AccountId}`, account);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, resolve(one, securityHub)]));
}

type Intrinsics = {
  readonly Ref: string;
  readonly "Fn::Sub": string | [string, unknown];
  readonly "Fn::If": readonly [condition: string, yes: unknown, no: unknown];
};

type Role = {
  readonly AssumeRolePolicyDocument: unknown;
  readonly Policies: readonly { readonly PolicyDocument: { readonly Statement: readonly Statement[] } }[];
};
const roleOf = (template: { Resources: { Role: { Properties: unknown } } }, securityHub = "off") =>
  resolve(template.Resources.Role.Properties, securityHub) as Role;
const reading = roleOf(memberRole(rules));
const importing = roleOf(memberRole(rules), "on");
const repairing = roleOf(memberRepairRole(rules));
const statementsOf = ({ Policies }: Role) => Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);

const instance = arnOf("rds", "db:orders");
const secret = arnOf("secretsmanager", "secret:rds!db-0123-a1b2c3");
const optedIn = { "aws:ResourceTag/password-repair": "allowed" };

test("the published templates are what the rules declare", () => {
  const published = files.map((file) => parse(readFileSync(file, "utf8")));
  expect(published).toEqual([memberRole(rules), memberRepairRole(rules), memberEvents()]);
});

test("cfn-lint reports nothing", () => {
  const { status, stdout, error } = spawnSync("cfn-lint", ["--", ...files], { encoding: "utf8" });
  if (error !== undefined && process.env.CI === undefined) {
    process.stderr.write("SKIPPED cfn-lint is not installed, so the templates of member accounts were not linted.\n");
    return;
  }
  expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
}, 60_000);

describe("the member role reads what the rules declare", () => {
  const resources: Readonly<Record<string, string>> = {
    "account:ListRegions": `arn:aws:account::${account}:account`,
    "kms:DescribeKey": keyArn("abcd", "222222222222"),
    "kms:GetKeyPolicy": keyArn("abcd", account),
    "kms:ListGrants": keyArn("abcd", account),
    "rds:DescribeBlueGreenDeployments": arnOf("rds", "deployment:bgd-0123"),
    "rds:DescribeDBClusters": arnOf("rds", "cluster:orders"),
    "rds:DescribeEvents": "*",
    "rds:DescribeGlobalClusters": `arn:aws:rds::${account}:global-cluster:worldwide`,
    "secretsmanager:DescribeSecret": secret,
    "secretsmanager:GetResourcePolicy": secret,
    "secretsmanager:ListSecrets": "*",
    "sts:GetCallerIdentity": "*",
  };
  test.each(auditActions(rules))("%s", async (action) => {
    expect(await simulate(statementsOf(reading), [action, resources[action] ?? instance])).toBe("Allowed");
  });

  test("and it allows no other action, except to import findings if the parameter SecurityHub is on", () => {
    const allowedTo = (role: Role) =>
      statementsOf(role)
        .flatMap(({ Effect, Action }) => (Effect === "Allow" ? Action : []))
        .sort();
    expect(allowedTo(reading)).toEqual([...auditActions(rules)].sort());
    expect(allowedTo(importing)).toEqual([...auditActions(rules), "securityhub:BatchImportFindings"].sort());
  });

  test.each([
    [arnOf("securityhub", `product/${account}/default`), /^Allowed$/],
    [arnOf("securityhub", "product/222222222222/default"), /Denied$/],
  ])("it imports findings of its own account only: %s", async (product, expected) => {
    expect(await simulate(statementsOf(importing), ["securityhub:BatchImportFindings", product])).toMatch(expected);
    expect(await simulate(statementsOf(reading), ["securityhub:BatchImportFindings", product])).toMatch(/Denied$/);
  });
});

describe("no member role reads a secret's value", () => {
  test.each([
    ["reading", reading],
    ["importing findings", importing],
    ["repairing", repairing],
  ])("%s", async (_, role) => {
    for (const resource of [secret, arnOf("secretsmanager", "secret:orders-api-a1b2c3")])
      expect(await simulate(statementsOf(role), ["secretsmanager:GetSecretValue", resource])).toBe("ExplicitlyDenied");
    expect(await simulate(statementsOf(role), ["secretsmanager:BatchGetSecretValue", "*"])).toBe("ExplicitlyDenied");
  });
});

describe("the member role changes nothing", () => {
  test.each<Call>([
    ["rds:ModifyDBInstance", instance],
    ["rds:ModifyDBInstance", instance, { ...optedIn, "rds:ManageMasterUserPassword": "true" }],
    ["rds:ModifyDBCluster", arnOf("rds", "cluster:orders")],
    ["rds:ModifyTenantDatabase", arnOf("rds", "tenant-database:tdb-0123")],
    ["rds:DeleteDBInstance", instance],
    ["rds:RebootDBInstance", instance],
    ["rds:AddTagsToResource", instance],
    ["rds:RemoveTagsFromResource", instance],
    ["secretsmanager:RotateSecret", secret],
    ["secretsmanager:PutSecretValue", secret],
    ["secretsmanager:PutResourcePolicy", secret],
    ["secretsmanager:DeleteSecret", secret],
    ["secretsmanager:TagResource", secret],
    ["secretsmanager:CreateSecret", secret],
    ["kms:GenerateDataKey", otherKey],
    ["kms:Decrypt", otherKey],
    ["kms:CreateGrant", otherKey],
    ["kms:PutKeyPolicy", otherKey],
    ["iam:CreateRole", `arn:aws:iam::${account}:role/another`],
    ["iam:PutRolePolicy", `arn:aws:iam::${account}:role/rds-password-audit-member`],
    ["sts:AssumeRole", `arn:aws:iam::222222222222:role/another`],
    ["account:EnableRegion", `arn:aws:account::${account}:account`],
    ["lambda:InvokeFunction", arnOf("lambda", "function:any")],
    ["s3:GetObject", "arn:aws:s3:::reports-bucket/latest.json"],
  ])("%s on %s with %j", async (...call) => {
    for (const role of [reading, importing]) expect(await simulate(statementsOf(role), call)).toMatch(/Denied$/);
  });
});

describe("the repair role changes only databases that are opted in by the tag", () => {
  test.each<[Call, RegExp]>([
    [["rds:ModifyDBInstance", instance, { ...optedIn, "rds:ManageMasterUserPassword": "true" }], /^Allowed$/],
    [["rds:ModifyDBInstance", instance, { "rds:ManageMasterUserPassword": "true" }], /Denied$/],
    [["rds:DeleteDBInstance", instance, optedIn], /Denied$/],
    [["secretsmanager:DeleteSecret", secret], /Denied$/],
    [["iam:PutRolePolicy", `arn:aws:iam::${account}:role/rds-password-audit-repair`], /Denied$/],
  ])("%j is %s", async (call, expected) => {
    expect(await simulate(statementsOf(repairing), call)).toMatch(expected);
  });

  test("and its statements fit into the inline policies of a role", () => {
    expect(JSON.stringify(statementsOf(repairing)).replaceAll(/\s/g, "").length).toBeLessThan(10_240);
  });
});

describe("only the auditors of the organization, with the external ID, may assume a member role", () => {
  const assume = async (role: Role, principal: string, context: Record<string, string>) => {
    const result = await runSimulation(
      {
        request: {
          principal,
          action: "sts:AssumeRole",
          resource: { resource: `arn:aws:iam::${account}:role/rds-password-audit-member`, accountId: account },
          contextVariables: context,
        },
        identityPolicies: [
          {
            name: "caller",
            policy: {
              Version: "2012-10-17",
              Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Resource: "*" }],
            },
          },
        ],
        serviceControlPolicies: [],
        resourceControlPolicies: [],
        resourcePolicy: role.AssumeRolePolicyDocument,
      },
      {},
    );
    if (result.resultType === "error") throw new Error(JSON.stringify(result.errors));
    return result.overallResult;
  };
  const context = {
    "aws:PrincipalArn": auditor,
    "aws:PrincipalOrgID": organizationId,
    "sts:ExternalId": externalId,
  };
  const { "sts:ExternalId": _, ...withoutExternalId } = context;
  const otherRole = "arn:aws:iam::999999999999:role/security/another";
  const foreign = "arn:aws:iam::888888888888:role/security/auditor";

  test.each<[string, string, Record<string, string>, RegExp]>([
    ["the auditor", auditor, context, /^Allowed$/],
    ["another auditor of the list", recheck, { ...context, "aws:PrincipalArn": recheck }, /^Allowed$/],
    ["the auditor without the external ID", auditor, withoutExternalId, /Denied$/],
    ["the auditor with another external ID", auditor, { ...context, "sts:ExternalId": "x1" }, /Denied$/],
    ["another role of the same account", otherRole, { ...context, "aws:PrincipalArn": otherRole }, /Denied$/],
    [
      "the auditor after its account left the organization",
      auditor,
      { ...context, "aws:PrincipalOrgID": "o-other" },
      /Denied$/,
    ],
    ["the same role name in another account", foreign, { ...context, "aws:PrincipalArn": foreign }, /Denied$/],
  ])("%s", async (_name, principal, sent, expected) => {
    for (const role of [reading, importing, repairing]) expect(await assume(role, principal, sent)).toMatch(expected);
  });
});
