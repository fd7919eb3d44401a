import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { type Packaged, readZip } from "../deployment/packaged.ts";

/** The result of an invocation: its response or error message, and its log as JSON objects. */
export type Invocation = {
  readonly answer: unknown;
  readonly error: string | null;
  /** The most memory that the process ever had; absent after an error. */
  readonly peakBytes?: number;
  /** The CPU time of the process since its start; absent after an error. */
  readonly cpuSeconds?: number;
  readonly logged: readonly Logged[];
};
type Logged = Readonly<Record<string, unknown>>;

type InvocationOptions = {
  /** The values of the template's references. */
  readonly references: Readonly<Record<string, string>>;
  /** Additional environment, such as AWS's endpoint. */
  readonly env: Readonly<Record<string, string>>;
  readonly account?: string;
  readonly region?: string;
  /** Ends the process after this time, as Lambda does. Default: 60. */
  readonly timeoutSeconds?: number;
};

/** The result of a durable execution, and its log. */
type DurableExecution = {
  readonly status: string;
  readonly result: unknown;
  readonly error: { readonly errorType?: string; readonly errorMessage?: string } | null;
  readonly invocations: number;
  readonly operations: number;
  /** The execution's history in Lambda's format. */
  readonly events: readonly HistoryEvent[];
  /** The function's clock at the end. */
  readonly now: string;
  readonly logged: readonly Logged[];
};
export type HistoryEvent = { readonly EventType: string; readonly Name?: string; readonly [details: string]: unknown };

/** An unpacked function. Each environment gets a process, which stays warm for the next event. */
export type UnpackedFunction = {
  readonly folder: string;
  /** Its module. */
  readonly entry: string;
  invoke(event: unknown, options: InvocationOptions): Promise<Invocation>;
  /**
   * Runs a durable function to its end, in any number of invocations. `answers` are the callback results by name, `workers` the functions that
   * it invokes, by ARN, and `deaths` how often a worker dies that gets an account.
   */
  execute(
    payload: unknown,
    options: InvocationOptions & {
      readonly answers?: Readonly<Record<string, unknown>>;
      readonly workers?: Readonly<Record<string, UnpackedFunction>>;
      readonly deaths?: Readonly<Record<string, number>>;
    },
  ): Promise<DurableExecution>;
  stop(): void;
};

/** Replaces Lambda's runtime: imports the handler once, and answers each line of JSON with one. */
const runtime = `
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
const [file, functionArn] = process.argv.slice(1);
const say = (end) => process.stdout.write("\\n" + JSON.stringify({ end }) + "\\n");
const context = { invokedFunctionArn: functionArn, functionName: "f", awsRequestId: "request-1", memoryLimitInMB: "512" };
const imported = import(file);
imported.catch(() => {});
for await (const line of createInterface({ input: process.stdin })) {
  const { event, seconds } = JSON.parse(line);
  // Lambda counts the time to load the code apart.
  await imported.catch(() => {});
  const limit = Date.now() + seconds * 1000;
  const kill = setTimeout(() => { say({ answer: null, error: "Task timed out after " + seconds + " seconds" }); process.exit(); }, seconds * 1000);
  try {
    const { handler } = await imported;
    const answer = await handler(event, { ...context, getRemainingTimeInMillis: () => limit - Date.now() });
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    // Linux counts the memory of the parent at the fork in maxRSS.
    const status = process.platform === "linux" ? readFileSync("/proc/self/status", "utf8") : "";
    const peakKibibytes = Number(/VmHWM:\\s+(\\d+)/.exec(status)?.[1] ?? maxRSS);
    say({ answer: answer ?? null, error: null, peakBytes: peakKibibytes * 1024, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6 });
  } catch (error) {
    say({ answer: null, error: String(error?.message ?? error) });
  }
  clearTimeout(kill);
}`;

/** Unpacks a packaged function. Its environment is that of the template. */
export function unpackFunction({ folder: service, template }: Packaged, name: string): UnpackedFunction {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  for (const [file, bytes] of readZip(readFileSync(join(service, "packages", `${name}.zip`)))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), bytes);
  }
  const properties = Object.values(template.Resources).find(
    ({ Type, Properties }) => Type === "AWS::Lambda::Function" && String(Properties.FunctionName).endsWith(`-${name}`),
  )?.Properties as { Handler: string; Environment: { Variables: Record<string, unknown> } };
  const entry = join(folder, properties.Handler.replace(/\.handler$/, ".mjs"));
  const warm = new Map<string, ReturnType<typeof start>>();

  /** Starts a program that answers each line with one, after the function's log. */
  function start(program: readonly string[], env: NodeJS.ProcessEnv) {
    const child: ChildProcess = spawn(process.execPath, program, { cwd: folder, env, stdio: "pipe" });
    let lines: Logged[] = [];
    let ended: (end: Logged) => void = () => {};
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream as NodeJS.ReadableStream }).on("line", (line) => {
        for (const parsed of parseLine(line)) {
          if (!("end" in parsed)) lines.push(parsed);
          // The function logs errors on the other stream, which can be a moment behind.
          else setTimeout(() => ended({ ...(parsed.end as Logged), logged: lines }), 20);
        }
      });
    return {
      child,
      say: (line: unknown) =>
        new Promise<Logged>((end) => {
          lines = [];
          ended = end;
          child.stdin?.write(`${JSON.stringify(line)}\n`);
        }),
    };
  }

  /** Returns the warm process of this environment, or starts one. */
  function warmUp(
    program: readonly string[],
    { references, env, account = "111111111111", region = "eu-west-1" }: InvocationOptions,
  ) {
    const variables = Object.entries(properties.Environment.Variables).map(([variable, value]) => [
      variable,
      typeof value === "string" ? value : (references[(value as { Ref: string }).Ref] ?? ""),
    ]);
    const environment = {
      ...Object.fromEntries(variables),
      PATH: process.env.PATH,
      LAMBDA_TASK_ROOT: folder,
      AWS_REGION: region,
      AWS_SECRET_ACCESS_KEY: "simulated",
      AWS_MAX_ATTEMPTS: "2",
      ...env,
    };
    const args = [...program, entry, `arn:aws:lambda:${region}:${account}:function:${name}`];
    const key = JSON.stringify([environment, args]);
    const running = warm.get(key) ?? start(args, environment);
    warm.set(key, running);
    running.child.once("exit", () => warm.delete(key));
    return running;
  }

  return {
    folder,
    entry,
    async invoke(event, options) {
      const { timeoutSeconds: seconds = 60 } = options;
      const end = await warmUp(["--input-type=module", "-e", runtime], options).say({ event, seconds });
      return end as Invocation;
    },
    async execute(payload, { answers = {}, workers = {}, deaths = {}, ...options }) {
      const entries = Object.fromEntries(Object.entries(workers).map(([arn, worker]) => [arn, worker.entry]));
      const program = [resolve("tests/support/run-durable.ts"), JSON.stringify(entries)];
      const end = await warmUp(program, options).say({ payload, answers, deaths });
      if ("failure" in end) throw new Error(`the runner failed: ${end.failure}`);
      return end as unknown as DurableExecution;
    },
    stop() {
      for (const { child } of warm.values()) child.kill("SIGKILL");
    },
  };
}

function parseLine(line: string): Logged[] {
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === "object" && parsed !== null ? [parsed as Logged] : [];
  } catch {
    return [];
  }
}

/** The values of an EMF metric in an invocation's log, with all dimensions except the service. */
export function measured({ logged }: Pick<Invocation, "logged">, name: string): Record<string, unknown>[] {
  return logged.flatMap((line) => {
    if (!("_aws" in line) || !(name in line)) return [];
    const { _aws: _, service: __, ...values } = line;
    return [values];
  });
}
