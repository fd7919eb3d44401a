import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { type Packaged, readZip } from "../deployment/packaged.ts";

/** How an invocation ended: its answer, or the message of its error; and what it logged, a JSON object a line. */
export type Invocation = {
  readonly answer: unknown;
  readonly error: string | null;
  readonly logged: readonly Logged[];
};
type Logged = Readonly<Record<string, unknown>>;

type InvocationOptions = {
  /** What the resources of the stack are called here. */
  readonly references: Readonly<Record<string, string>>;
  /** Where AWS is. */
  readonly env: Readonly<Record<string, string>>;
  readonly account?: string;
  readonly region?: string;
};

/** A function as Lambda has it: unpacked, and invoked in processes of its own, which stay warm for the next event. */
export type UnpackedFunction = {
  readonly folder: string;
  invoke(event: unknown, options: InvocationOptions): Promise<Invocation>;
  stop(): void;
};

/** Stands for Lambda's runtime: imports the handler once, and answers a line of JSON with one. */
const runtime = `
import { createInterface } from "node:readline";
const [file, functionArn] = process.argv.slice(1);
const say = (end) => process.stdout.write("\\n" + JSON.stringify({ end }) + "\\n");
const context = { invokedFunctionArn: functionArn, functionName: "f", awsRequestId: "request-1", memoryLimitInMB: "512", getRemainingTimeInMillis: () => 60000 };
const imported = import(file);
imported.catch(() => {});
for await (const line of createInterface({ input: process.stdin })) {
  try {
    const { handler } = await imported;
    say({ answer: (await handler(JSON.parse(line), context)) ?? null, error: null });
  } catch (error) {
    say({ answer: null, error: String(error?.message ?? error) });
  }
}`;

/** Unpacks a packaged function; its environment is that of the template. */
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

  function start(env: NodeJS.ProcessEnv, functionArn: string) {
    const args = ["--input-type=module", "-e", runtime, entry, functionArn];
    const child: ChildProcess = spawn(process.execPath, args, { cwd: folder, env, stdio: "pipe" });
    let lines: Logged[] = [];
    let ended: (invocation: Invocation) => void = () => {};
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream as NodeJS.ReadableStream }).on("line", (line) => {
        for (const parsed of parseLine(line)) {
          if (!("end" in parsed)) lines.push(parsed);
          else {
            const { answer, error } = parsed.end as Pick<Invocation, "answer" | "error">;
            // Errors are logged on the other stream, which may be a moment behind.
            setTimeout(() => ended({ answer, error, logged: lines }), 20);
          }
        }
      });
    return {
      child,
      invoke: (event: unknown) =>
        new Promise<Invocation>((resolve) => {
          lines = [];
          ended = resolve;
          child.stdin?.write(`${JSON.stringify(event)}\n`);
        }),
    };
  }

  return {
    folder,
    invoke(event, { references, env, account = "111111111111", region = "eu-west-1" }) {
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
      const key = JSON.stringify([environment, account]);
      const runner = warm.get(key) ?? start(environment, `arn:aws:lambda:${region}:${account}:function:${name}`);
      warm.set(key, runner);
      return runner.invoke(event);
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

/** The values of an EMF metric that an invocation wrote, by its dimensions other than the service's. */
export function measured({ logged }: Invocation, name: string): Record<string, unknown>[] {
  return logged.flatMap((line) => {
    if (!("_aws" in line) || !(name in line)) return [];
    const { _aws: _, service: __, ...values } = line;
    return [values];
  });
}
