import { expect, test } from "@jest/globals";
import { auditActions, auditPolicy } from "../../lib/audit/permissions.ts";
import { rules } from "../../rules/index.ts";

const reading = [
  "account:ListRegions",
  "kms:DescribeKey",
  "kms:GetKeyPolicy",
  "kms:ListGrants",
  "rds:DescribeBlueGreenDeployments",
  "rds:DescribeDBClusters",
  "rds:DescribeDBInstances",
  "rds:DescribeEvents",
  "rds:DescribeGlobalClusters",
  "rds:DescribeTenantDatabases",
  "secretsmanager:ListSecrets",
  "sts:GetCallerIdentity",
];
const ofOneSecret = ["secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy"];

test("the policy allows what the rules read and confirm, and denies secret values", () => {
  expect(auditPolicy(rules)).toEqual({
    Version: "2012-10-17",
    Statement: [
      { Sid: "Inventory", Effect: "Allow", Action: reading, Resource: "*" },
      {
        Sid: "RdsManagedSecrets",
        Effect: "Allow",
        Action: ofOneSecret,
        Resource: "arn:*:secretsmanager:*:*:secret:rds!*",
      },
      {
        Sid: "DenySecretValues",
        Effect: "Deny",
        Action: ["secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue"],
        Resource: "*",
      },
    ],
  });
});

test("the actions include what a rule reads and confirms", () => {
  expect(auditActions(rules.filter(({ id }) => id === "rotation-enabled"))).toEqual([
    "account:ListRegions",
    "rds:DescribeDBClusters",
    "rds:DescribeDBInstances",
    "rds:DescribeTenantDatabases",
    "secretsmanager:DescribeSecret",
    "secretsmanager:ListSecrets",
    "sts:GetCallerIdentity",
  ]);
});
