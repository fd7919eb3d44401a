import {
  type DurableExecutionClient,
  type OperationUpdate,
  type WireOperation,
  withDurableExecution,
} from "@aws/durable-execution-sdk-js";
import {
  type DurableOperation,
  LocalDurableTestRunner,
  WaitingOperationStatus,
} from "@aws/durable-execution-sdk-js-testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Context } from "aws-lambda";
import { createDurableWorkflow } from "../../functions/wiring/durable-workflow.ts";
import { AwsCallError, UsageError } from "../../lib/model/errors.ts";
import type { Workflow } from "../../lib/remediate/workflow.ts";

const setUp = () => LocalDurableTestRunner.setupTestEnvironment({ skipTime: true });
const tearDown = () => LocalDurableTestRunner.teardownTestEnvironment();

type Procedure = (workflow: Workflow) => Promise<unknown>;

const toHandler = (procedure: Procedure, durableExecutionClient?: DurableExecutionClient) =>
  withDurableExecution(
    (_event: unknown, context) => procedure(createDurableWorkflow(context)),
    durableExecutionClient && { durableExecutionClient },
  );

/** Runs a procedure to its end, in as many invocations as it takes; `meanwhile` is what happens outside of it. */
async function execute(procedure: Procedure, meanwhile = async (_runner: LocalDurableTestRunner) => {}) {
  const runner = new LocalDurableTestRunner({ handlerFunction: toHandler(procedure) });
  const [execution] = await Promise.all([runner.run({ payload: {} }), meanwhile(runner)]);
  return { runner, execution };
}

/** What a procedure that ends well ends with, and the pauses between tries or looks, in seconds. */
async function run(procedure: Procedure, meanwhile?: (runner: LocalDurableTestRunner) => Promise<void>) {
  const { execution } = await execute(procedure, meanwhile);
  const pauses = execution.getHistoryEvents().flatMap(({ StepFailedDetails, StepSucceededDetails }) => {
    const seconds = (StepFailedDetails ?? StepSucceededDetails)?.RetryDetails?.NextAttemptDelaySeconds;
    return seconds === undefined ? [] : [seconds];
  });
  return { result: execution.getResult() as unknown, invocations: execution.getInvocations().length, pauses };
}

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
const throttled = () => new AwsCallError("rds:ModifyDBInstance", "Throttling", "Rate exceeded", { isTransient: true });
const denied = () => new AwsCallError("rds:ModifyDBInstance", "AccessDenied", "You may not.");

describe("step", () => {
  // A clock for each test: one that a test has put forward ends the next test's wait before its invocation, and nothing is replayed.
  beforeEach(setUp);
  afterEach(tearDown);

  test("does not run again after a wait", async () => {
    const done: string[] = [];
    const { result, invocations } = await run(async ({ step, sleepUntil }) => {
      const first = await step("Remember", async () => ({ count: done.push("first") }));
      await sleepUntil("Wait for the window", inDays(1));
      await step("Change", async () => done.push("second"));
      return first;
    });
    expect({ result, invocations, done }).toEqual({ result: { count: 1 }, invocations: 2, done: ["first", "second"] });
  });

  test("runs again in the next invocation if it was killed before its checkpoint", async () => {
    let done = 0;
    const operations: WireOperation[] = [
      { Id: "execution", Type: "EXECUTION", Status: "STARTED", StartTimestamp: new Date(), ExecutionDetails: {} },
    ];
    const remember = ({ Id, Type, SubType, Name }: OperationUpdate) =>
      operations.push({ Id, Type, SubType, Name, Status: "STARTED", StartTimestamp: new Date() } as WireOperation);
    let isKilled = true;
    const client: DurableExecutionClient = {
      getExecutionState: async () => ({ Operations: [] }),
      async checkpoint({ Updates = [] }) {
        for (const update of Updates) {
          if (update.Action === "START") remember(update);
          else if (isKilled) throw new Error("killed");
        }
        return { CheckpointToken: "next", NewExecutionState: { Operations: [] } };
      },
    };
    const handler = toHandler(({ step }) => step("Change", async () => ++done), client);
    const invoke = () =>
      handler(
        { DurableExecutionArn: "arn", CheckpointToken: "first", InitialExecutionState: { Operations: operations } },
        { awsRequestId: "request-1", getRemainingTimeInMillis: () => 60_000 } as Context,
      );
    await expect(invoke()).rejects.toThrow("killed");
    isKilled = false;
    expect(await invoke()).toMatchObject({ Status: "SUCCEEDED", Result: "2" });
  });

  test("retries a transient error with growing pauses", async () => {
    let tries = 0;
    const { result, pauses } = await run(({ step }) =>
      step("Change", async () => {
        if (++tries < 4) throw throttled();
        return "changed";
      }),
    );
    expect({ result, pauses }).toEqual({ result: "changed", pauses: [5, 10, 20] });
  });

  test("throws a transient error after ten minutes", async () => {
    const { result, pauses } = await run(({ step }) =>
      step("Change", () => Promise.reject(throttled())).catch((error: AwsCallError) => error.code),
    );
    expect(result).toBe("Throttling");
    expect(pauses).toEqual([5, 10, 20, 40, 80, 120, 120, 120, 120]);
    expect(sum(pauses)).toBe(635);
  });

  test("throws any other error at once, and again on replay", async () => {
    let tries = 0;
    const caught: unknown[] = [];
    await run(async ({ step, sleepUntil }) => {
      const change = () => {
        tries++;
        return Promise.reject(denied());
      };
      await step("Change", change).catch((error: unknown) => caught.push(error));
      await sleepUntil("Wait", inDays(1));
    });
    expect(tries).toBe(1);
    expect(caught).toEqual([denied(), denied()]);
    for (const error of caught) {
      expect(error).toBeInstanceOf(AwsCallError);
      expect(error).toMatchObject({ name: "AwsCallError", action: "rds:ModifyDBInstance", code: "AccessDenied" });
    }
  });

  test.each([
    [new UsageError("There is no such key."), "UsageError", "There is no such key."],
    [new Error(""), "Error", ""],
    ["a string", "Error", "a string"],
  ])("that throws %p throws an error of that name and message", async (thrown, name, message) => {
    const caught: unknown[] = [];
    await run(async ({ step, sleepUntil }) => {
      await step("Read", () => Promise.reject(thrown)).catch((error: unknown) => caught.push(error));
      await sleepUntil("Wait", inDays(1));
    });
    expect(caught).toEqual(Array(2).fill(expect.objectContaining({ name, message })));
  });

  test("fails the execution with an uncaught error", async () => {
    const { execution } = await execute(({ step }) => step("Change", () => Promise.reject(denied())));
    expect(execution.getStatus()).toBe("FAILED");
    expect(execution.getError()).toMatchObject({ errorType: "AwsCallError", errorMessage: "You may not." });
  });
});

describe("sleepUntil", () => {
  beforeEach(setUp);
  afterEach(tearDown);

  test("waits until the instant", async () => {
    const { runner } = await execute(({ sleepUntil }) => sleepUntil("Wait for the window", inDays(2)));
    const waitSeconds = runner.getOperation("Wait for the window").getWaitDetails()?.waitSeconds;
    expect(waitSeconds).toBe(2 * 86_400);
  });

  test("continues if the instant has passed", async () => {
    const { runner, execution } = await execute(async ({ sleepUntil }) => {
      await sleepUntil("Wait for the window", inDays(-2));
      return "there";
    });
    expect(execution.getResult()).toBe("there");
    expect(runner.getOperation("Wait for the window").getWaitDetails()?.waitSeconds).toBe(1);
  });
});

describe("poll", () => {
  beforeAll(setUp);
  afterAll(tearDown);

  const isAvailable = (status: string) => status === "available";
  const looking = (polls: readonly (string | Error)[], timeoutMinutes = 60) => {
    const left = [...polls];
    return run(({ poll }) =>
      poll(
        "Wait for the database",
        async () => {
          const next = left.length > 1 ? left.shift() : left[0];
          if (next === undefined || next instanceof Error) throw next;
          return next;
        },
        { until: isAvailable, timeoutMinutes },
      ),
    );
  };

  test("ends at once if the condition holds", async () => {
    const { result, pauses } = await looking(["available"]);
    expect({ result, pauses }).toEqual({ result: { met: true, value: "available", error: null }, pauses: [] });
  });

  test("ends once the condition holds", async () => {
    const { result, pauses } = await looking(["modifying", "modifying", "available"]);
    expect({ result, pauses }).toEqual({ result: { met: true, value: "available", error: null }, pauses: [5, 8] });
  });

  test("continues after a read that throws", async () => {
    const { result } = await looking([throttled(), denied(), "modifying", denied(), "available"]);
    expect(result).toEqual({ met: true, value: "available", error: null });
  });

  test("ends at the timeout with the last value", async () => {
    const { result, pauses } = await looking(["modifying", "resetting-master-credentials", denied()], 1);
    expect(result).toEqual({ met: false, value: "resetting-master-credentials", error: "You may not." });
    expect(pauses).toEqual([5, 8, 11, 17, 19]);
  });

  test("ends with the last error if no read succeeded", async () => {
    const { result } = await looking([throttled(), denied()], 1);
    expect(result).toEqual({ met: false, value: null, error: "You may not." });
  });

  test("pauses longer each time, at most five minutes, for the timeout in all", async () => {
    const { pauses } = await looking(["modifying"], 60);
    expect(pauses.slice(0, 12)).toEqual([5, 8, 11, 17, 25, 38, 57, 85, 128, 192, 288, 300]);
    expect(Math.max(...pauses)).toBe(300);
    expect(sum(pauses)).toBe(3600);
  });

  test("reads once with a timeout of 0", async () => {
    expect(await looking(["modifying"], 0)).toMatchObject({ result: { met: false, value: "modifying" }, pauses: [] });
  });
});

describe("ask", () => {
  beforeAll(setUp);
  afterAll(tearDown);

  const person = "arn:aws:sts::111111111111:assumed-role/Operator/jane";
  const asking = async (answer: (question: DurableOperation) => Promise<unknown>, timeoutHours = 24) => {
    const ids: string[] = [];
    const send = async (id: string) => {
      ids.push(id);
    };
    const { result } = await run(
      ({ ask }) => ask("Ask for approval", send, { timeoutHours }),
      async (runner) => {
        const question = runner.getOperation("Ask for approval");
        await answer(await question.waitForData(WaitingOperationStatus.SUBMITTED));
        expect(ids).toEqual([question.getCallbackDetails()?.callbackId]);
      },
    );
    return result;
  };

  test.each(["approved", "rejected"])("returns the decision: %s", async (decision) => {
    const answer = { decision, by: person };
    expect(await asking((question) => question.sendCallbackSuccess(JSON.stringify(answer)))).toEqual(answer);
  });

  test("waits for hours", async () => {
    let timeout: number | undefined;
    await asking(async (question) => {
      const events = question.getChildOperations()?.flatMap((operation) => operation.getEvents() ?? []);
      timeout = events?.find(({ CallbackStartedDetails }) => CallbackStartedDetails)?.CallbackStartedDetails?.Timeout;
      await question.sendCallbackFailure();
    }, 36);
    expect(timeout).toBe(36 * 3600);
  });

  test("treats any other answer as a rejection", async () => {
    const byNobody = '{"decision":"approved"}';
    const unknown = '{"decision":"Approved","by":"arn:aws:iam::111111111111:user/jane"}';
    const answers = ["approved", '"approved"', "null", undefined, byNobody, unknown].map((sent) =>
      asking((question) => question.sendCallbackSuccess(sent)),
    );
    for (const answer of await Promise.all(answers)) expect(answer).toEqual({ decision: "rejected", by: null });
  });

  test("treats a failed callback as a rejection", async () => {
    const failure = { ErrorType: "Refused", ErrorMessage: "No." };
    expect(await asking((question) => question.sendCallbackFailure(failure))).toEqual({
      decision: "rejected",
      by: null,
    });
  });

  test("times out, even with a timeout of 0", async () => {
    expect(await asking(async () => {}, 0)).toEqual({ decision: "timed-out", by: null });
  });

  test("sends again after a transient error", async () => {
    const ids = new Set<string>();
    let sent = 0;
    const { result, pauses } = await run(
      ({ ask }) =>
        ask(
          "Ask for approval",
          async (id) => {
            ids.add(id);
            if (++sent < 3) throw throttled();
          },
          { timeoutHours: 24 },
        ),
      async (runner) => {
        const question = await runner.getOperation("Ask for approval").waitForData(WaitingOperationStatus.SUBMITTED);
        await question.sendCallbackSuccess(JSON.stringify({ decision: "approved", by: person }));
      },
    );
    expect({ result, pauses, ids: ids.size }).toEqual({
      result: { decision: "approved", by: person },
      pauses: [5, 10],
      ids: 1,
    });
  });

  test("throws if it cannot send", async () => {
    const { result } = await run(({ ask }) =>
      ask("Ask for approval", () => Promise.reject(denied()), { timeoutHours: 24 }).catch((error: AwsCallError) => ({
        isCall: error instanceof AwsCallError,
        code: error.code,
        message: error.message,
      })),
    );
    expect(result).toEqual({ isCall: true, code: "AccessDenied", message: "You may not." });
  });
});
