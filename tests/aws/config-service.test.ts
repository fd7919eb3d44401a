import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { assumeRole } from "../../lib/aws/assume-role.ts";
import type { ClientOptions } from "../../lib/aws/client-config.ts";
import { createConfig } from "../../lib/aws/config-service.ts";
import { type ConfigEvaluation, toEvaluation } from "../../lib/report/aws/config-evaluation.ts";
import type { ConfigRule } from "../../simulator/resources.ts";
import { type Aws, account, otherAccount, startAws } from "../simulator/aws.ts";

const orderingAt = "2026-11-24T08:59:00.000Z";

let aws: Aws;
let rule: ConfigRule;
beforeEach(async () => {
  aws = await startAws();
  rule = aws.region.addConfigRule("master-password-managed");
});
afterEach(() => aws.stop());

const open = (options: ClientOptions = {}) =>
  createConfig({
    region: "eu-west-1",
    endpoint: aws.simulator.endpoint,
    credentials: { accessKeyId: account, secretAccessKey: "not-verified" },
    maxAttempts: 1,
    ...options,
  });

function anEvaluation(
  resourceId: string,
  status: "COMPLIANT" | "NON_COMPLIANT" | "NOT_APPLICABLE" = "NON_COMPLIANT",
): ConfigEvaluation {
  const resourceType = "AWS::RDS::DBInstance";
  const evaluation = toEvaluation({ status, message: `About ${resourceId}.`, resourceType, resourceId, orderingAt });
  if (evaluation === null) throw new Error("no evaluation");
  return evaluation;
}

const some = (count: number) => Array.from({ length: count }, (_, index) => anEvaluation(`db-${index}`));
const known = () => [...aws.region.evaluations.values()];
const calls = () => aws.simulator.calls.length;

describe("evaluations", () => {
  test("arrive unchanged", async () => {
    await open().putEvaluations([anEvaluation("db-A")], rule.resultToken);
    expect(known()).toMatchObject([
      {
        ConfigRuleName: "master-password-managed",
        ComplianceResourceType: "AWS::RDS::DBInstance",
        ComplianceResourceId: "db-A",
        ComplianceType: "NON_COMPLIANT",
        Annotation: "About db-A.",
        OrderingTimestamp: new Date(orderingAt),
      },
    ]);
  });

  test.each([
    [0, 0],
    [1, 1],
    [100, 1],
    [101, 2],
    [250, 3],
  ])("%i need %i calls", async (count, expected) => {
    await open().putEvaluations(some(count), rule.resultToken);
    expect(known()).toHaveLength(count);
    expect(calls()).toBe(expected);
  });

  test("in test mode are not stored", async () => {
    await open().putEvaluations(some(1), "any", true);
    expect(known()).toEqual([]);
    expect(calls()).toBe(1);
  });

  test("that fail are sent again, without the others", async () => {
    aws.cloud.fault({ action: "config:PutEvaluations", kind: "entry", matching: '"db-7"', times: 2 });
    await open().putEvaluations(some(120), rule.resultToken);
    expect(known()).toHaveLength(120);
    expect(calls()).toBe(4);
  });

  test("that fail four times are an error that counts and names them; the others are stored", async () => {
    aws.cloud.fault({ action: "config:PutEvaluations", kind: "entry", matching: '"db-1' });
    await expect(open().putEvaluations(some(20), rule.resultToken)).rejects.toMatchObject({
      name: "AwsCallError",
      action: "config:PutEvaluations",
      code: "FailedEvaluations",
      message: "AWS Config rejected 11 of 20 evaluations: db-1, db-10, db-11 and 8 more",
    });
    expect(known()).toHaveLength(9);
    expect(calls()).toBe(4);
  });

  test("of the same resource ID and different types are different", async () => {
    const cluster = { ...anEvaluation("same"), ComplianceResourceType: "AWS::RDS::DBCluster" };
    aws.cloud.fault({ action: "config:PutEvaluations", kind: "entry", matching: "DBCluster" });
    await expect(open().putEvaluations([anEvaluation("same"), cluster], rule.resultToken)).rejects.toThrow(
      "rejected 1 of 2 evaluations: same",
    );
  });

  test("with an invalid token throw", async () => {
    await expect(open().putEvaluations(some(1), "not-a-token")).rejects.toMatchObject({
      action: "config:PutEvaluations",
      code: "InvalidResultTokenException",
    });
  });

  test("throw if the call fails; the SDK retries throttling", async () => {
    aws.cloud.fault({ action: "config:PutEvaluations", kind: "throttle", times: 2 });
    await expect(open().putEvaluations(some(1), rule.resultToken)).rejects.toMatchObject({
      code: "ThrottlingException",
    });
    await open({ maxAttempts: 3 }).putEvaluations(some(1), rule.resultToken);
    expect(known()).toHaveLength(1);
  });
});

describe("listEvaluated", () => {
  test.each([0, 1, 100, 101])("lists %i resources", async (count) => {
    await open().putEvaluations(some(count), rule.resultToken);
    aws.simulator.calls.length = 0;
    expect(await open().listEvaluated(rule.ConfigRuleName)).toEqual(
      some(count).map(({ ComplianceResourceType, ComplianceResourceId }) => ({
        resourceType: ComplianceResourceType,
        resourceId: ComplianceResourceId,
      })),
    );
    expect(calls()).toBe(count > 100 ? 2 : 1);
  });

  test("omits retired resources and those of other rules", async () => {
    const other = aws.region.addConfigRule("another-rule");
    await open().putEvaluations([anEvaluation("db-B")], other.resultToken);
    await open().putEvaluations(
      [anEvaluation("db-A", "COMPLIANT"), anEvaluation("db-gone", "NOT_APPLICABLE")],
      rule.resultToken,
    );
    expect(await open().listEvaluated(rule.ConfigRuleName)).toEqual([
      { resourceType: "AWS::RDS::DBInstance", resourceId: "db-A" },
    ]);
  });

  test("throws if a page fails", async () => {
    await open().putEvaluations(some(150), rule.resultToken);
    aws.cloud.fault({ action: "config:GetComplianceDetailsByConfigRule", kind: "deny", skip: 1 });
    await expect(open().listEvaluated(rule.ConfigRuleName)).rejects.toMatchObject({
      action: "config:GetComplianceDetailsByConfigRule",
      code: "AccessDeniedException",
    });
  });

  test("throws if the rule does not exist", async () => {
    await expect(open().listEvaluated("no-such-rule")).rejects.toMatchObject({ code: "NoSuchConfigRuleException" });
  });
});

describe("in another account, with the role of the event", () => {
  const roleArn = `arn:aws:iam::${otherAccount}:role/ConfigRole`;
  const credentials = () =>
    assumeRole(roleArn, {
      region: "eu-west-1",
      endpoint: aws.simulator.endpoint,
      credentials: { accessKeyId: account, secretAccessKey: "not-verified" },
      maxAttempts: 1,
    });

  test("puts evaluations of that account", async () => {
    const there = aws.cloud.region(otherAccount, "eu-west-1");
    const { resultToken } = there.addConfigRule("master-password-managed");
    const config = open({ credentials: credentials() });
    await config.putEvaluations(some(101), resultToken);
    expect([known().length, there.evaluations.size]).toEqual([0, 101]);
    expect(aws.simulator.calls).toEqual([
      { account, region: "eu-west-1", action: "sts:AssumeRole" },
      { account: otherAccount, region: "eu-west-1", action: "config:PutEvaluations" },
      { account: otherAccount, region: "eu-west-1", action: "config:PutEvaluations" },
    ]);
  });

  test("names the session after this service", async () => {
    aws.cloud.account(otherAccount);
    aws.cloud.fault({ action: "sts:AssumeRole", matching: "rds-password-audit", kind: "error", code: "Seen" });
    await expect(credentials()()).rejects.toMatchObject({ code: "Seen" });
  });

  test("gets temporary credentials of that account", async () => {
    aws.cloud.account(otherAccount);
    expect(await credentials()()).toEqual({
      accessKeyId: otherAccount,
      secretAccessKey: expect.any(String),
      sessionToken: expect.any(String),
      expiration: expect.any(Date),
    });
  });

  test("throws with sts:AssumeRole if the role cannot be assumed", async () => {
    aws.cloud.account(otherAccount, { roles: ["Another"] });
    await expect(open({ credentials: credentials() }).putEvaluations(some(1), "token")).rejects.toMatchObject({
      name: "AwsCallError",
      action: "sts:AssumeRole",
      code: "AccessDenied",
    });
  });
});
