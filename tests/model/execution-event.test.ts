import { describe, expect, test } from "@jest/globals";
import { executionEventSchema, namesOf, toExecutionName } from "../../lib/model/execution-event.ts";
import { samplesIn } from "../support/samples.ts";

const samples = samplesIn("lib/model/execution-event.ts") as Record<string, object>[];
const [sample] = samples;

test("the sample in the comment is read, with its name", () => {
  expect(samples).toHaveLength(1);
  const event = executionEventSchema.parse(sample);
  expect(sample).toMatchObject(event);
  expect(new Set(namesOf(event))).toEqual(new Set(["db-ORDERS-1-20261124"]));
});

test.each(["RUNNING", "SUCCEEDED", "PENDING", ""])(
  "the status %j is none of an execution that needs somebody",
  (status) => {
    const event = { ...sample, detail: { ...sample?.detail, status } };
    expect(executionEventSchema.safeParse(event).success).toBe(false);
  },
);

describe("the name of an execution", () => {
  const functionArn = "arn:aws:lambda:eu-west-1:123456789012:function:remediate";
  test.each([
    [`${functionArn}:7/durable-execution/db-ORDERS-1/9f7d84c9-ea3d`, "db-ORDERS-1"],
    [`${functionArn}:$LATEST/durable-execution/db_ORDERS-1/9f7d84c9-ea3d`, "db_ORDERS-1"],
    [`${functionArn}:7/durable-execution/a name of theirs!/9f7d84c9-ea3d`, "a-name-of-theirs-"],
    ["9f7d84c9-ea3d-3ffc-b3e5-5ec51c34ffc9", "9f7d84c9-ea3d-3ffc-b3e5-5ec51c34ffc9"],
    [`${functionArn}:$LATEST`, "arn-aws-lambda-eu-west-1-123456789012-function-remediate--LATEST"],
  ])("of %s", (arn, name) => {
    expect(toExecutionName(arn)).toBe(name);
    expect(name).toMatch(/^[\w-]+$/);
  });

  test("may be another in the event than in its ARN", () => {
    const detail = { durableExecutionArn: `${functionArn}:7/durable-execution/090c/9f7d`, status: "FAILED" };
    const event = executionEventSchema.parse({ ...sample, detail: { ...detail, durableExecutionName: "db-ORDERS-1" } });
    expect(namesOf(event)).toEqual(["090c", "db-ORDERS-1"]);
    expect(namesOf(executionEventSchema.parse({ ...sample, detail }))).toEqual(["090c"]);
  });
});
