import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { answerApproval } from "../../lib/aws/answer-approval.ts";
import { isExecutionRunning } from "../../lib/aws/read-execution.ts";
import { startExecution } from "../../lib/aws/start-execution.ts";
import { UsageError } from "../../lib/model/errors.ts";
import type { RemediationRequest } from "../../lib/model/remediation-request.ts";
import { type Front, startFront, type WireAnswer } from "../support/front.ts";

/** A Lambda endpoint with scripted answers; the simulator has none. */
let lambda: Front;
let says: WireAnswer | "disconnect" | "hang";
beforeEach(async () => {
  lambda = await startFront({ answer: () => says });
});
afterEach(() => lambda.close());

const options = () => ({
  endpoint: lambda.endpoint,
  credentials: { accessKeyId: "111111111111", secretAccessKey: "not-verified" },
  maxAttempts: 1,
});
const refusal = (status: number, code: string): WireAnswer => ({
  status,
  headers: { "content-type": "application/json", "x-amzn-errortype": code },
  body: JSON.stringify({ Type: "User", message: `because of ${code}`, Message: `because of ${code}` }),
});

const functionArn = "arn:aws:lambda:eu-central-1:111111111111:function:rds-password-audit-remediate:durable";
const request: RemediationRequest = {
  action: "toggle",
  rule: "secret-key-as-required",
  severity: "high",
  database: {
    arn: "arn:aws:rds:eu-west-1:111111111111:db:orders",
    kind: "instance",
    identifier: "orders",
    resourceId: "db-ORDERS",
    account: "111111111111",
    region: "eu-west-1",
  },
};

describe("whether an execution runs", () => {
  const execution = `${functionArn.replace("durable", "7")}/durable-execution/run/0123`;
  const isRunning = () => isExecutionRunning(execution, { ...options(), region: "eu-central-1" });

  test.each([
    ["RUNNING", true],
    ["SUCCEEDED", false],
    ["FAILED", false],
    ["TIMED_OUT", false],
    ["STOPPED", false],
  ])("%s: %s", async (Status, expected) => {
    says = { status: 200, body: JSON.stringify({ Status }) };
    expect(await isRunning()).toBe(expected);
    expect(decodeURIComponent(lambda.requests[0]?.path ?? "")).toContain(execution);
  });

  test("one that Lambda has forgotten does not", async () => {
    says = refusal(404, "ResourceNotFoundException");
    expect(await isRunning()).toBe(false);
  });

  test.each([refusal(403, "AccessDeniedException"), { status: 200, body: "{}" }])(
    "an answer that does not say it is an error: %j",
    async (answer) => {
      says = answer;
      await expect(isRunning()).rejects.toMatchObject({ name: "AwsCallError", action: "lambda:GetDurableExecution" });
    },
  );
});

describe("an execution", () => {
  const start = (arn = functionArn) => startExecution(arn, "db-ORDERS-1", request, options());
  const accepted: WireAnswer = {
    status: 202,
    headers: { "x-amz-durable-execution-arn": `${functionArn}/1` },
    body: "",
  };

  test("is started under its name, in the function's Region, asynchronously", async () => {
    says = accepted;
    await start();
    expect(lambda.requests).toMatchObject([
      {
        method: "POST",
        path: `/2015-03-31/functions/${encodeURIComponent(functionArn)}/invocations`,
        headers: { "x-amz-invocation-type": "Event", "x-amz-durable-execution-name": "db-ORDERS-1" },
      },
    ]);
    expect(lambda.requests[0]?.headers.authorization).toContain("/eu-central-1/lambda/aws4_request");
    expect(JSON.parse(lambda.requests[0]?.body ?? "")).toEqual(request);
  });

  test("of a name that exists with another request does not count as started", async () => {
    says = refusal(409, "DurableExecutionAlreadyStartedException");
    expect(await start()).toBe(false);
    expect(lambda.requests).toHaveLength(1);
  });

  test.each([
    [refusal(403, "AccessDeniedException"), "AccessDeniedException"],
    [refusal(429, "TooManyRequestsException"), "TooManyRequestsException"],
    [refusal(404, "ResourceNotFoundException"), "ResourceNotFoundException"],
    [refusal(400, "InvalidParameterValueException"), "InvalidParameterValueException"],
    ["disconnect" as const, expect.any(String)],
  ])("that cannot be started is an error (%j)", async (answer, code) => {
    says = answer;
    await expect(start()).rejects.toMatchObject({ name: "AwsCallError", action: "lambda:InvokeFunction", code });
  });

  test.each([
    "arn:aws:lambda:eu-central-1:111111111111:function:rds-password-audit-remediate",
    "arn:aws:sns:eu-central-1:111111111111:alerts",
    "rds-password-audit-remediate:durable",
    "",
  ])("is not started without a version or alias (%j)", async (arn) => {
    await expect(start(arn)).rejects.toThrow("is not the ARN of a version or alias of a Lambda function");
    expect(lambda.requests).toEqual([]);
  });
});

describe("an approval answer", () => {
  const by = "arn:aws:sts::111111111111:assumed-role/Admin/jo";
  const answer = (id = "Ab1+/cd==", decision: "approved" | "rejected" = "approved") =>
    answerApproval(id, { decision, by }, { ...options(), region: "eu-west-1" });

  test.each(["approved", "rejected"] as const)("%s is sent as the execution parses it", async (decision) => {
    says = { status: 200, body: "" };
    await answer("Ab1+/cd==", decision);
    expect(lambda.requests).toMatchObject([
      { method: "POST", path: `/2025-12-01/durable-execution-callbacks/${encodeURIComponent("Ab1+/cd==")}/succeed` },
    ]);
    expect(lambda.requests[0]?.body).toBe(JSON.stringify({ decision, by }));
  });

  test.each([
    refusal(400, "CallbackTimeoutException"),
    refusal(404, "ResourceNotFoundException"),
    refusal(400, "InvalidParameterValueException"),
  ])("without an open request (%j) is a UsageError", async (refused) => {
    says = refused;
    await expect(answer()).rejects.toThrow(UsageError);
    await expect(answer()).rejects.toThrow('There is no approval request "Ab1+/cd==": it was answered or has expired.');
  });

  test("without an id is a UsageError, and is not sent", async () => {
    await expect(answer("")).rejects.toThrow('There is no approval request ""');
    expect(lambda.requests).toEqual([]);
  });

  test.each([
    [refusal(403, "AccessDeniedException"), "AccessDeniedException"],
    [refusal(429, "TooManyRequestsException"), "TooManyRequestsException"],
    [refusal(500, "ServiceException"), "ServiceException"],
    ["disconnect" as const, expect.any(String)],
  ])("that Lambda refuses is an error (%j)", async (refused, code) => {
    says = refused;
    await expect(answer()).rejects.toMatchObject({
      name: "AwsCallError",
      action: "lambda:SendDurableExecutionCallbackSuccess",
      code,
    });
  });
});
