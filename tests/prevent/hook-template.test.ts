import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { hookTemplate } from "../../deploy/template-hook.ts";
import { runCli } from "../cli/run-cli.ts";
import { type Call, simulate } from "../deployment/simulate-role.ts";

type Template = ReturnType<typeof hookTemplate>;

/** What CloudFormation is about to do. */
type Operation = {
  readonly operation: "RESOURCE" | "CLOUD_CONTROL" | "STACK" | "CHANGE_SET";
  /** A resource type, or the name of a stack. */
  readonly target: string;
  readonly action: "CREATE" | "UPDATE" | "DELETE";
};

type Targets = {
  readonly TargetOperations: readonly string[];
  readonly TargetFilters: {
    readonly TargetNames?: readonly string[];
    readonly Actions: readonly string[];
    readonly InvocationPoints: readonly string[];
  };
  readonly StackFilters?: { readonly StackNames: { readonly Exclude: readonly object[] } };
};

const ownStack = "rds-password-audit-hook";
const databases = ["AWS::RDS::DBInstance", "AWS::RDS::DBCluster"];
const actions = ["CREATE", "UPDATE", "DELETE"] as const;

/** True if CloudFormation asks a hook with these filters. Source: https://docs.aws.amazon.com/cloudformation-cli/latest/hooks-userguide/hooks-target-filtering.html */
function isAsked({ Properties }: { readonly Properties: object }, { operation, target, action }: Operation): boolean {
  const { TargetOperations, TargetFilters, StackFilters } = Properties as unknown as Targets;
  const { TargetNames, Actions, InvocationPoints } = TargetFilters;
  const isOfResource = operation === "RESOURCE" || operation === "CLOUD_CONTROL";
  const isExcluded = (StackFilters?.StackNames.Exclude ?? []).length > 0 && target === ownStack;
  return (
    TargetOperations.includes(operation) &&
    Actions.includes(action) &&
    InvocationPoints.includes("PRE_PROVISION") &&
    (!isOfResource || TargetNames === undefined || TargetNames.includes(target)) &&
    !isExcluded
  );
}

const named = (target: string, ...operations: Operation["operation"][]) =>
  operations.flatMap((operation) => actions.map((action): Operation => ({ operation, target, action })));

/** Every operation, and whether a hook must be asked before it. A change set is only created. */
const matrix: readonly (readonly [Operation, boolean])[] = [
  ...[...databases, "AWS::S3::Bucket"].flatMap((target) => named(target, "RESOURCE", "CLOUD_CONTROL")),
  ...["orders", ownStack].flatMap((target) => named(target, "STACK")),
  ...["orders", ownStack].flatMap((target) => named(target, "CHANGE_SET").slice(0, 1)),
].map((one) => [one, one.action !== "DELETE" && [...databases, "orders"].includes(one.target)]);

/** Calls of the roles, and whether IAM must allow them. */
const calls: readonly (readonly [
  role: "TemplateHookRole" | "TemplateHookInvokerRole",
  call: Call,
  allowed: boolean,
])[] = [
  ["TemplateHookInvokerRole", ["lambda:InvokeFunction", "TemplateHookLambdaFunction"], true],
  ["TemplateHookInvokerRole", ["lambda:InvokeFunction", "another-function"], false],
  ["TemplateHookInvokerRole", ["rds:ModifyDBInstance", "db:orders"], false],
  ["TemplateHookRole", ["logs:PutLogEvents", "TemplateHookLogGroup"], true],
  ["TemplateHookRole", ["logs:PutLogEvents", "another-group"], false],
  ["TemplateHookRole", ["rds:DescribeDBInstances", "db:orders"], false],
  ["TemplateHookRole", ["secretsmanager:GetSecretValue", "secret:orders-a1b2c3"], false],
];

/** What the template does otherwise than it should. */
async function mistakesOf({ Resources }: Template): Promise<readonly unknown[]> {
  const hooks = [Resources.TemplateHook, Resources.TemplateStackHook];
  const operations = matrix.filter(([one, expected]) => hooks.some((hook) => isAsked(hook, one)) !== expected);
  const answers = await Promise.all(
    calls.map(async ([role, [action, name], allowed]) => {
      const service = action.split(":")[0];
      const of = (id: string) =>
        `arn:aws:${service}:eu-west-1:111111111111:${{ lambda: "function:", logs: "log-group:" }[service as string] ?? ""}${id}`;
      const statements = Resources[role].Properties.Policies.flatMap(({ PolicyDocument }) =>
        PolicyDocument.Statement.map((one) => ({ ...one, Resource: resolveArn(one.Resource, of) })),
      );
      const resource = service === "logs" ? `${of(name)}:log-stream:x` : of(name);
      return { action, name, isWrong: ((await simulate(statements, [action, resource])) === "Allowed") !== allowed };
    }),
  );
  const trust = JSON.stringify(Resources.TemplateHookInvokerRole.Properties.AssumeRolePolicyDocument);
  const others = [
    "hooks.cloudformation.amazonaws.com",
    '{"StringEquals":{"aws:SourceAccount":{"Ref":"AWS::AccountId"}}}',
  ];
  return [
    ...operations,
    ...answers.filter(({ isWrong }) => isWrong),
    ...others.filter((part) => !trust.includes(part)),
  ];
}

function resolveArn(resource: unknown, of: (id: string) => string): unknown {
  if (typeof resource === "string") return resource;
  const { "Fn::GetAtt": [id] = [""] } = resource as { "Fn::GetAtt"?: [string] };
  return id === "TemplateHookLogGroup" ? `${of(id)}:*` : of(id);
}

const asked = matrix.filter(([, expected]) => expected).length;
test(`${matrix.length} operations tried: ${asked} asked about, ${matrix.length - asked} not; ${calls.length} calls tried; none wrong`, async () => {
  expect([matrix.length, asked]).toEqual([26, 11]);
  expect(await mistakesOf(hookTemplate())).toEqual([]);
});

describe("a template with a condition taken out is found out", () => {
  /** The paths of all entries that narrow or widen what a hook or role does. */
  function pathsIn(value: unknown, path: readonly string[] = []): readonly string[][] {
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([key, inner]) => [[...path, key], ...pathsIn(inner, [...path, key])]);
  }
  function without(template: Template, path: readonly string[]): Template {
    const copy = structuredClone(template) as unknown as Record<string, unknown>;
    const parent = path.slice(0, -1).reduce<unknown>((one, key) => (one as Record<string, unknown>)[key], copy);
    const last = path.at(-1) as string;
    if (Array.isArray(parent)) parent.splice(Number(last), 1);
    else delete (parent as Record<string, unknown>)[last];
    return copy as unknown as Template;
  }
  const template = hookTemplate();
  const narrowing =
    /^(TemplateHook|TemplateStackHook)\/Properties\/(TargetOperations|TargetFilters\/\w+|StackFilters\/StackNames\/Exclude)\/\d+$/;
  const paths = pathsIn(template.Resources)
    .filter((path) => narrowing.test(path.join("/")))
    .concat([
      ["TemplateHook", "Properties", "TargetFilters", "TargetNames"],
      ["TemplateHookInvokerRole", "Properties", "AssumeRolePolicyDocument", "Statement", "0", "Condition"],
      ["TemplateHookInvokerRole", "Properties", "Policies", "0", "PolicyDocument", "Statement", "0"],
      ["TemplateHookRole", "Properties", "Policies", "0", "PolicyDocument", "Statement", "0"],
    ]);

  test("there are conditions", () => expect(paths.length).toBeGreaterThan(15));

  test.each(paths.map((path) => [path.join("/"), path] as const))("%s", async (_, path) => {
    expect(await mistakesOf(without(template, ["Resources", ...path]))).not.toEqual([]);
  });
});

test("cfn-lint reports nothing, and the same policy generates the same template", async () => {
  const { status, stdout, stderr } = await runCli(["prevent", "hook"]);
  expect(status).toBe(0);
  expect(stderr).toContain("The policy is in the package of the function, not in this template");
  expect((await runCli(["prevent", "hook"])).stdout).toBe(stdout);
  const folder = mkdtempSync(join(tmpdir(), "hook-"));
  writeFileSync(join(folder, "hook.yaml"), stdout);
  const lint = spawnSync("cfn-lint", ["--", join(folder, "hook.yaml")], { encoding: "utf8" });
  rmSync(folder, { recursive: true });
  if (lint.error !== undefined && process.env.CI === undefined) {
    process.stderr.write("SKIPPED cfn-lint is not installed, so the hook's template was not linted.\n");
    return;
  }
  expect({ status: lint.status, stdout: lint.stdout }).toEqual({ status: 0, stdout: "" });
}, 60_000);
