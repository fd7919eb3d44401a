import { withDurableExecution } from "@aws/durable-execution-sdk-js";
import { LocalDurableTestRunner } from "@aws/durable-execution-sdk-js-testing";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createDurableCoordination } from "../../functions/wiring/durable-coordination.ts";
import { coordinateAccounts } from "../../lib/organization/coordinate-accounts.ts";

const workerArn = "arn:aws:lambda:eu-west-1:111111111111:function:worker:durable";

beforeAll(() => LocalDurableTestRunner.setupTestEnvironment({ skipTime: true }));
afterAll(() => LocalDurableTestRunner.teardownTestEnvironment());

/** Runs a coordinator over so many accounts on the durable runner, and counts what AWS counts: the operations that started. */
async function coordinate(count: number, worker: (accounts: readonly string[]) => void) {
  const accounts = Array.from({ length: count }, (_, index) => String(300_000_000_000 + index));
  const handlerFunction = withDurableExecution((_event: unknown, context) =>
    coordinateAccounts(createDurableCoordination(context, workerArn), accounts, (batch) => ({ accounts: batch })),
  );
  const runner = new LocalDurableTestRunner({ handlerFunction });
  runner.registerFunction(workerArn, async ({ accounts: batch }: { accounts: readonly string[] }) => {
    worker(batch);
    return { accounts: batch.length };
  });
  const execution = await runner.run({ payload: {} });
  return { result: execution.getResult() as unknown, operations: execution.getOperations().length };
}

test("500 accounts: a batch that dies once comes right, an account that always kills its worker is named, and the operations are those that the coordinator allows for", async () => {
  const read: string[] = [];
  let dies = 1;
  const { result, operations } = await coordinate(500, (accounts) => {
    if (accounts.includes("300000000123")) throw new Error("out of memory");
    if (accounts.includes("300000000400") && dies-- > 0) throw new Error("timed out");
    read.push(...accounts);
  });
  expect(result).toEqual(["300000000123"]);
  expect(new Set(read).size).toBe(499);
  // Two maps, and two for each of 100 batches and of 10 accounts.
  expect(operations).toBe(2 + 2 * (100 + 10));
}, 60_000);
