/**
 * Stands for Lambda's durable executions: imports a packaged function once, and answers each line of JSON that asks for an execution with
 * one on how it ended. It is a program of its own because the runner sets this process's clock; while it waits, no time passes.
 */
import { createInterface } from "node:readline";
import { LocalDurableTestRunner, WaitingOperationStatus } from "@aws/durable-execution-sdk-js-testing";

/** What is to be run, and what is answered when it asks under a name. */
type Request = { readonly payload: unknown; readonly answers: Readonly<Record<string, unknown>> };

const [entry = "", functionArn = ""] = process.argv.slice(2);
await LocalDurableTestRunner.setupTestEnvironment({ skipTime: true });
// The runner moves the clock on only while somebody has set it.
const waker = setInterval(() => {}, 86_400_000);
const { handler } = await import(entry);

async function execute({ payload, answers }: Request) {
  const runner = new LocalDurableTestRunner({
    handlerFunction: (event: unknown, context: object) =>
      handler(event, { ...context, invokedFunctionArn: functionArn }),
  });
  const answering = Object.entries(answers).map(async ([name, answer]) => {
    const question = await runner.getOperation(name).waitForData(WaitingOperationStatus.SUBMITTED);
    await question.sendCallbackSuccess(JSON.stringify(answer));
  });
  const execution = await runner.run({ payload });
  await Promise.allSettled(answering);
  const status = execution.getStatus();
  return {
    status,
    result: status === "SUCCEEDED" ? execution.getResult() : null,
    error: status === "SUCCEEDED" ? null : execution.getError(),
    invocations: execution.getInvocations().length,
    events: execution.getHistoryEvents(),
    now: new Date().toISOString(),
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  const end = await execute(JSON.parse(line)).catch((error: unknown) => ({ failure: String(error) }));
  process.stdout.write(`\n${JSON.stringify({ end })}\n`);
}
clearInterval(waker);
await LocalDurableTestRunner.teardownTestEnvironment();
