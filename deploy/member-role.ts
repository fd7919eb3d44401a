import { auditActions } from "../lib/audit/permissions.ts";
import { allowableActions } from "../lib/model/action.ts";
import { defaultPolicy } from "../lib/model/default-policy.ts";
import type { Policy } from "../lib/model/policy.ts";
import type { Rule } from "../lib/model/rule.ts";
import { repairReads } from "../lib/plan/repair-permissions.ts";
import { importingStatement, neverTheValues, readingStatements } from "./permissions.ts";
import { changingStatements } from "./repair-permissions.ts";
import type { Statement } from "./statement.ts";

/**
 * The CloudFormation template of the role that an audit assumes in each account of an organization. It reads, and nothing else, unless it may
 * import findings into AWS Security Hub, which accepts them only from the account that they are about.
 */
export function memberRole(rules: readonly Rule[]) {
  const { Parameters, Resources, ...template } = toTemplate({
    description: "The role that rds-password-audit assumes in this account to audit its databases. It only reads.",
    roleName: defaultPolicy.organization.roleName,
    statements: [...readingStatements(auditActions(rules)), ...neverTheValues],
  });
  const { Properties } = Resources.Role;
  const importing = { PolicyName: "import", PolicyDocument: toPolicyDocument([importingStatement]) };
  const ifOn = { "Fn::If": ["ImportsFindings", importing, { Ref: "AWS::NoValue" }] };
  return {
    ...template,
    Parameters: {
      ...Parameters,
      SecurityHub: {
        Type: "String",
        Description: "on: the deployed service imports findings about this account into AWS Security Hub CSPM.",
        AllowedValues: ["on", "off"],
        Default: "off",
      },
    },
    Conditions: { ImportsFindings: { "Fn::Equals": [{ Ref: "SecurityHub" }, "on"] } },
    Resources: {
      Role: { ...Resources.Role, Properties: { ...Properties, Policies: [...Properties.Policies, ifOn] } },
    },
  };
}

/** The tag that lets the repair role change a database. */
const optInTag = { "password-repair": "allowed" };

/**
 * The CloudFormation template of the role that repairs databases in each account of an organization. Separate from the role that reads, so
 * that an organization is audited without any permission to change it.
 */
export function memberRepairRole(rules: readonly Rule[]) {
  const policy: Policy = {
    ...defaultPolicy,
    remediation: { ...defaultPolicy.remediation, allow: [...allowableActions], optIn: [{ tags: optInTag }] },
  };
  const reads = [...auditActions(rules), ...repairReads.filter((action) => action !== "kms:GenerateDataKey")];
  return toTemplate({
    description:
      "The role that rds-password-audit assumes in this account to repair the databases with the tag password-repair=allowed.",
    roleName: "rds-password-audit-repair",
    statements: [...readingStatements([...new Set(reads)].sort()), ...changingStatements(policy), ...neverTheValues],
  });
}

type RoleTemplate = {
  readonly description: string;
  readonly roleName: string;
  readonly statements: readonly Statement[];
};

/** A role that named principals of the organization can assume, with the external ID. */
function toTemplate({ description, roleName, statements }: RoleTemplate) {
  return {
    AWSTemplateFormatVersion: "2010-09-09",
    Description: description,
    Parameters: {
      OrganizationId: {
        Type: "String",
        Description: "The ID of the organization, as in o-a1b2c3d4e5.",
        AllowedPattern: "^o-[a-z0-9]{10,32}$",
      },
      AuditorArns: {
        Type: "CommaDelimitedList",
        Description:
          "The ARNs of the only principals that may assume the role, all of one account: IAM roles, with their paths, or users.",
        AllowedPattern: "^arn:[a-z-]+:iam::[0-9]{12}:(role|user)/.+$",
      },
      ExternalId: {
        Type: "String",
        Description: "The external ID of the policy (organization.externalId).",
        AllowedPattern: "^[\\w+=,.@:/-]{2,1224}$",
      },
      RoleName: {
        Type: "String",
        Description: "The name of the role (organization.roleName).",
        Default: roleName,
        AllowedPattern: "^[\\w+=,.@-]{1,64}$",
      },
    },
    Resources: {
      Role: {
        Type: "AWS::IAM::Role",
        Properties: {
          RoleName: { Ref: "RoleName" },
          Description: description,
          AssumeRolePolicyDocument: {
            Version: "2012-10-17",
            Statement: [
              {
                Sid: "OnlyTheAuditors",
                Effect: "Allow",
                // The account, because a role that is created after this one could not be named here. The condition names the role.
                Principal: {
                  AWS: {
                    "Fn::Sub": [
                      `arn:\${AWS::Partition}:iam::\${Account}:root`,
                      {
                        Account: {
                          "Fn::Select": [4, { "Fn::Split": [":", { "Fn::Select": [0, { Ref: "AuditorArns" }] }] }],
                        },
                      },
                    ],
                  },
                },
                Action: "sts:AssumeRole",
                Condition: {
                  StringEquals: {
                    "aws:PrincipalArn": { Ref: "AuditorArns" },
                    "aws:PrincipalOrgID": { Ref: "OrganizationId" },
                    "sts:ExternalId": { Ref: "ExternalId" },
                  },
                },
              },
            ],
          },
          Policies: [{ PolicyName: "audit", PolicyDocument: toPolicyDocument(statements) }],
        },
      },
    },
    Outputs: { RoleArn: { Description: "The ARN of the role.", Value: { "Fn::GetAtt": ["Role", "Arn"] } } },
  };
}

function toPolicyDocument(Statement: readonly Statement[]) {
  return { Version: "2012-10-17", Statement };
}
