/**
 * Replaces Lambda's durable executions: imports a packaged function once, and answers each line of JSON, an execution, with one line, its
 * result. It is a separate program because the runner sets the process's clock. Waits take no time, unless there are workers, whose time
 * limits would then pass at once.
 */
import { createInterface } from "node:readline";
import { LocalDurableTestRunner, WaitingOperationStatus } from "@aws/durable-execution-sdk-js-testing";

/** The payload, the callback results by name, and how often a worker dies that gets an account. */
type Request = {
  readonly payload: unknown;
  readonly answers: Readonly<Record<string, unknown>>;
  readonly deaths: Record<string, number>;
};

const [workersJson = "", entry = "", functionArn = ""] = process.argv.slice(2);
/** Packaged functions that the execution invokes, by ARN. */
const workers = Object.entries(JSON.parse(workersJson) as Record<string, string>);
await LocalDurableTestRunner.setupTestEnvironment({ skipTime: workers.length === 0 });
// The runner moves the clock only while a timer is set.
const waker = setInterval(() => {}, 86_400_000);
const { handler } = await import(entry);

async function loadWorker([arn, file]: [string, string]) {
  const worker = (await import(file)).handler;
  return { arn, worker };
}
const loaded = await Promise.all(workers.map(loadWorker));

async function execute({ payload, answers, deaths }: Request) {
  const runner = new LocalDurableTestRunner({
    handlerFunction: (event: unknown, context: object) =>
      handler(event, { ...context, invokedFunctionArn: functionArn }),
  });
  for (const { arn, worker } of loaded)
    runner.registerFunction(arn, (event: { accounts: readonly string[] }) => {
      const doomed = event.accounts.find((account) => (deaths[account] ?? 0) > 0);
      if (doomed === undefined) return worker(event, contextOf(arn));
      deaths[doomed] = (deaths[doomed] ?? 0) - 1;
      throw new Error("Runtime exited with error: signal: killed");
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
    operations: execution.getOperations().length,
    events: execution.getHistoryEvents(),
    now: new Date().toISOString(),
  };
}

/** The context of a worker, which has 15 minutes. */
function contextOf(invokedFunctionArn: string) {
  const end = Date.now() + 900_000;
  return {
    ...{ invokedFunctionArn, functionName: "worker", awsRequestId: crypto.randomUUID(), memoryLimitInMB: "1024" },
    getRemainingTimeInMillis: () => end - Date.now(),
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  const end = await execute(JSON.parse(line)).catch((error: unknown) => ({ failure: String(error) }));
  process.stdout.write(`\n${JSON.stringify({ end })}\n`);
}
clearInterval(waker);
await LocalDurableTestRunner.teardownTestEnvironment();
