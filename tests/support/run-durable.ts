/**
 * Replaces Lambda's durable executions: imports a packaged function once, and answers each line of JSON, an execution, with one line, its
 * result. It is a separate program because the runner sets the process's clock. Waits take no time.
 */
import { createInterface } from "node:readline";
import { LocalDurableTestRunner, WaitingOperationStatus } from "@aws/durable-execution-sdk-js-testing";

/** The payload, and the callback results by name. */
type Request = { readonly payload: unknown; readonly answers: Readonly<Record<string, unknown>> };

const [entry = "", functionArn = ""] = process.argv.slice(2);
await LocalDurableTestRunner.setupTestEnvironment({ skipTime: true });
// The runner moves the clock only while a timer is set.
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
