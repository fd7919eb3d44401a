import { hookInvokerStatements, hookStatements } from "./permissions.ts";
import { arnOf, type Intrinsic, type Statement } from "./statement.ts";

/** A property that a deployment decides. */
type Value = string | Intrinsic;

/** What differs between the hooks of the deployed service and those of a stack of their own. */
type HookSettings = {
  /** The third part of the hooks' names: letters and digits, unique in the account and Region. */
  readonly name: readonly Value[];
  readonly failureMode: Value;
  readonly permissionsBoundary?: Value;
};

/** The hook function. CloudFormation waits 30 seconds for an answer. The function calls no AWS service. */
export const hookFunction = {
  handler: "functions/template-hook.handler",
  description: "Judges databases before CloudFormation creates or changes them",
  timeout: 25,
} as const;

/** The hook for each database, and the roles of it and of its function: they have the logical IDs that osls gives the function. */
export function databaseHook({ name, failureMode, permissionsBoundary }: HookSettings) {
  return {
    TemplateHook: toHook(name, failureMode, {
      TargetOperations: ["RESOURCE", "CLOUD_CONTROL"],
      TargetFilters: {
        TargetNames: ["AWS::RDS::DBInstance", "AWS::RDS::DBCluster"],
        Actions: ["CREATE", "UPDATE"],
        InvocationPoints: ["PRE_PROVISION"],
      },
    }),
    TemplateHookRole: toRole({ Service: "lambda.amazonaws.com" }, hookStatements, permissionsBoundary),
    TemplateHookInvokerRole: toRole(
      { Service: "hooks.cloudformation.amazonaws.com" },
      hookInvokerStatements,
      permissionsBoundary,
      { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } },
    ),
  };
}

/** The hook for whole stacks and change sets. It leaves out its own stack, so that a hook that fails can be mended. */
export function stackHook({ name, failureMode }: HookSettings) {
  return toHook([...name, "Stacks"], failureMode, {
    TargetOperations: ["STACK", "CHANGE_SET"],
    TargetFilters: { Actions: ["CREATE", "UPDATE"], InvocationPoints: ["PRE_PROVISION"] },
    StackFilters: { FilteringCriteria: "ALL", StackNames: { Exclude: [{ Ref: "AWS::StackName" }] } },
  });
}

function toHook(name: readonly Value[], FailureMode: Value, targets: object) {
  return {
    Type: "AWS::CloudFormation::LambdaHook",
    Properties: {
      Alias: join(["RdsPasswordAudit::MasterPassword::", ...name]),
      HookStatus: "ENABLED",
      FailureMode,
      LambdaFunction: arnOf("TemplateHookLambdaFunction"),
      ExecutionRole: arnOf("TemplateHookInvokerRole"),
      ...targets,
    },
  };
}

function join(parts: readonly Value[]): Value {
  return parts.every((part) => typeof part === "string") ? parts.join("") : { "Fn::Join": ["", parts] };
}

function toRole(Principal: object, statements: readonly Statement[], boundary?: Value, Condition?: object) {
  const trust = { Effect: "Allow", Principal, Action: "sts:AssumeRole", ...(Condition && { Condition }) };
  return {
    Type: "AWS::IAM::Role",
    Properties: {
      AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [trust] },
      ...(boundary !== undefined && { PermissionsBoundary: boundary }),
      Policies: [{ PolicyName: "permissions", PolicyDocument: { Version: "2012-10-17", Statement: statements } }],
    },
  };
}

/** The CloudFormation template of the hooks for an account and Region without the deployed service. The function's package has the policy. */
export function hookTemplate() {
  const settings: HookSettings = { name: ["Hook"], failureMode: { Ref: "FailureMode" } };
  return {
    AWSTemplateFormatVersion: "2010-09-09",
    Description:
      "Judges the master passwords of RDS databases before CloudFormation creates or changes them (rds-password-audit)",
    Parameters: {
      CodeBucket: {
        Type: "String",
        Description: "The S3 bucket, in the Region of the stack, with the function's package",
      },
      CodeKey: { Type: "String", Description: "The key of the package in the bucket", Default: "templateHook.zip" },
      FailureMode: {
        Type: "String",
        Description: "WARN lets changes against the policy go on, and FAIL stops them",
        AllowedValues: ["WARN", "FAIL"],
        Default: "WARN",
      },
      Stacks: {
        Type: "String",
        Description: "on: also judge whole stacks and change sets, before any of their resources changes",
        AllowedValues: ["on", "off"],
        Default: "off",
      },
    },
    Conditions: { JudgesStacks: { "Fn::Equals": [{ Ref: "Stacks" }, "on"] } },
    Resources: {
      ...databaseHook(settings),
      TemplateStackHook: { ...stackHook(settings), Condition: "JudgesStacks" },
      TemplateHookLambdaFunction: {
        Type: "AWS::Lambda::Function",
        Properties: {
          Description: hookFunction.description,
          Code: { S3Bucket: { Ref: "CodeBucket" }, S3Key: { Ref: "CodeKey" } },
          Handler: hookFunction.handler,
          Runtime: "nodejs24.x",
          Architectures: ["arm64"],
          MemorySize: 512,
          Timeout: hookFunction.timeout,
          Role: arnOf("TemplateHookRole"),
          TracingConfig: { Mode: "Active" },
          LoggingConfig: { LogGroup: { Ref: "TemplateHookLogGroup" } },
          Environment: {
            Variables: {
              POWERTOOLS_SERVICE_NAME: { Ref: "AWS::StackName" },
              POWERTOOLS_METRICS_NAMESPACE: "RdsPasswordAudit",
            },
          },
        },
      },
      TemplateHookLogGroup: {
        Type: "AWS::Logs::LogGroup",
        DeletionPolicy: "Delete",
        UpdateReplacePolicy: "Delete",
        Properties: { RetentionInDays: 90 },
      },
    },
    Outputs: {
      FunctionName: {
        Description: "The function, whose log says what it judged",
        Value: { Ref: "TemplateHookLambdaFunction" },
      },
    },
  };
}
