import {
  ConfigServiceClient,
  type Evaluation,
  GetComplianceDetailsByConfigRuleCommand,
  PutEvaluationsCommand,
} from "@aws-sdk/client-config-service";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { ConfigRule } from "../../simulator/resources.ts";
import { type Aws, account, failure, startAws } from "./aws.ts";

let aws: Aws;
let config: ConfigServiceClient;
let rule: ConfigRule;
beforeEach(async () => {
  aws = await startAws();
  config = new ConfigServiceClient(aws.configuration(account, "eu-west-1"));
  rule = aws.region.addConfigRule("rule");
});
afterEach(async () => {
  config.destroy();
  await aws.stop();
});

const anEvaluation = (overrides: Partial<Evaluation> = {}): Evaluation => ({
  ComplianceResourceType: "AWS::RDS::DBInstance",
  ComplianceResourceId: "db-A",
  ComplianceType: "COMPLIANT",
  OrderingTimestamp: new Date("2026-11-24T08:00:00.500Z"),
  ...overrides,
});
const many = (count: number) =>
  Array.from({ length: count }, (_, index) => anEvaluation({ ComplianceResourceId: `db-${index}` }));
const put = (Evaluations: Evaluation[], more: object = {}) =>
  config.send(new PutEvaluationsCommand({ Evaluations, ResultToken: rule.resultToken, ...more }));
const details = (more: object = {}) =>
  config.send(new GetComplianceDetailsByConfigRuleCommand({ ConfigRuleName: "rule", ...more }));
const text = (length: number) => "x".repeat(length);

test("stores an evaluation of a resource by rule", async () => {
  expect((await put([anEvaluation({ Annotation: "é" })])).FailedEvaluations).toEqual([]);
  expect((await details()).EvaluationResults).toEqual([
    {
      EvaluationResultIdentifier: {
        EvaluationResultQualifier: {
          ConfigRuleName: "rule",
          ResourceType: "AWS::RDS::DBInstance",
          ResourceId: "db-A",
          EvaluationMode: "DETECTIVE",
        },
        OrderingTimestamp: new Date("2026-11-24T08:00:00.500Z"),
      },
      ComplianceType: "COMPLIANT",
      Annotation: "é",
      ResultRecordedTime: aws.cloud.now(),
      ConfigRuleInvokedTime: aws.cloud.now(),
    },
  ]);
});

test("replaces it with a later evaluation, not with an earlier one", async () => {
  await put([anEvaluation({ ComplianceType: "NON_COMPLIANT" })]);
  await put([anEvaluation({ OrderingTimestamp: new Date("2026-11-24T07:00:00Z") })]);
  expect([...aws.region.evaluations.values()]).toMatchObject([{ ComplianceType: "NON_COMPLIANT" }]);
  await put([anEvaluation({ OrderingTimestamp: new Date("2026-11-24T09:00:00Z") })]);
  expect([...aws.region.evaluations.values()]).toMatchObject([{ ComplianceType: "COMPLIANT" }]);
});

describe("PutEvaluations validates", () => {
  test.each<[string, Partial<Evaluation>]>([
    ["an annotation of 256", { Annotation: text(256) }],
    ["an annotation of 1", { Annotation: "x" }],
    ["a resource id of 768", { ComplianceResourceId: text(768) }],
    ["NON_COMPLIANT", { ComplianceType: "NON_COMPLIANT" }],
    ["NOT_APPLICABLE", { ComplianceType: "NOT_APPLICABLE" }],
  ])("taken: %s", async (_what, overrides) => {
    await put([anEvaluation(overrides)]);
    expect(aws.region.evaluations.size).toBe(1);
  });

  test.each<[string, Partial<Evaluation>]>([
    ["an annotation of 257", { Annotation: text(257) }],
    ["an empty annotation", { Annotation: "" }],
    ["a resource id of 769", { ComplianceResourceId: text(769) }],
    ["no resource id", { ComplianceResourceId: "" }],
    ["INSUFFICIENT_DATA", { ComplianceType: "INSUFFICIENT_DATA" }],
    ["no timestamp", { OrderingTimestamp: undefined }],
  ])("not taken, nor what comes with it: %s", async (_what, overrides) => {
    const wrong = put([...many(1), anEvaluation(overrides)]);
    expect(await failure(wrong)).toMatch(/^(InvalidParameterValueException|ValidationException): /);
    expect(aws.region.evaluations.size).toBe(0);
  });

  test.each([
    [0, false],
    [1, true],
    [100, true],
    [101, false],
  ])("%i in a call: %p", async (count, isTaken) => {
    if (isTaken) await put(many(count));
    else expect(await failure(put(many(count)))).toMatch(/^(InvalidParameterValueException|ValidationException): /);
    expect(aws.region.evaluations.size).toBe(isTaken ? count : 0);
  });
});

test("accepts only a rule's result token, or any in test mode", async () => {
  expect(await failure(put(many(1), { ResultToken: "other" }))).toMatch(/^InvalidResultTokenException: /);
  await put(many(1), { ResultToken: "other", TestMode: true });
  expect(aws.region.evaluations.size).toBe(0);
});

test("returns the evaluations that a fault hits", async () => {
  aws.cloud.fault({ action: "config:PutEvaluations", kind: "entry", matching: "db-1" });
  expect((await put(many(3))).FailedEvaluations).toEqual([many(3)[1]]);
  expect(aws.region.evaluations.size).toBe(2);
});

describe("GetComplianceDetailsByConfigRule", () => {
  test("returns pages of ten, or of Limit", async () => {
    await put(many(25));
    const first = await details();
    expect(first.EvaluationResults).toHaveLength(10);
    const second = await details({ Limit: 100, NextToken: first.NextToken });
    expect(second.EvaluationResults).toHaveLength(15);
    expect(second.NextToken).toBeUndefined();
    expect(await failure(details({ Limit: 101 }))).toMatch(/^InvalidParameterValueException: /);
    expect(await failure(details({ NextToken: "x" }))).toMatch(/^InvalidNextTokenException: /);
  });

  test("filters by compliance type, except INSUFFICIENT_DATA", async () => {
    await put([...many(2), anEvaluation({ ComplianceType: "NON_COMPLIANT" })]);
    expect((await details({ ComplianceTypes: ["NON_COMPLIANT"] })).EvaluationResults).toHaveLength(1);
    expect(await failure(details({ ComplianceTypes: ["INSUFFICIENT_DATA"] }))).toMatch(
      /^InvalidParameterValueException/,
    );
  });

  test("rejects an unknown rule", async () => {
    expect(await failure(details({ ConfigRuleName: "none" }))).toMatch(/^NoSuchConfigRuleException: /);
  });
});

test.each([
  ["deny", /^AccessDeniedException: User: /],
  ["throttle", /^ThrottlingException: /],
  ["error", /^InternalFailure: /],
  ["expired-token", /^ExpiredTokenException: /],
  ["disconnect", /socket hang up|ECONNRESET/],
] as const)("a fault: %s", async (kind, expected) => {
  aws.cloud.fault({ action: "config:*", kind });
  expect(await failure(put(many(1)))).toMatch(expected);
});
