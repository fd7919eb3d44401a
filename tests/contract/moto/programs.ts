import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { account, region } from "../emulators.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** A program's output and exit status. */
export type Ended = { readonly status: number; readonly stdout: string; readonly stderr: string };

/** The variables that connect any AWS client to an emulator and hide this machine's configuration. */
function environmentFor(endpoint: string): NodeJS.ProcessEnv {
  const { PATH, HOME, CI } = process.env;
  return {
    PATH,
    HOME,
    ...(CI !== undefined && { CI }),
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: account,
    AWS_SECRET_ACCESS_KEY: "not-verified",
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_PAGER: "",
  };
}

/** Runs a program to its end. */
export function run(program: string, args: readonly string[], endpoint: string): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, env: environmentFor(endpoint), stdio: ["ignore", "pipe", "pipe"] });
    const said = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const)
      child[name].setEncoding("utf8").on("data", (text: string) => {
        said[name] += text;
      });
    child.once("error", reject);
    child.once("close", (code) => resolve({ status: code ?? -1, ...said }));
  });
}

/** Runs the project's CLI as a process, with the checkout's Node.js. */
export const runCli = (args: readonly string[], endpoint: string): Promise<Ended> =>
  run(`${root}node_modules/.bin/node`, [`${root}cli/main.ts`, ...args], endpoint);

/** The AWS CLI in a process that runs many commands. */
export type AwsShell = { aws<Answer>(...args: readonly string[]): Promise<Answer>; close(): Promise<void> };

/** Starts the AWS CLI for an emulator, as the emulator's own account or with other credentials. A failed command throws its output. */
export function startAwsShell(endpoint: string, credentials: NodeJS.ProcessEnv = {}): AwsShell {
  const script = fileURLToPath(new URL("aws-shell.py", import.meta.url));
  const child: ChildProcess = spawn("python3", [script], {
    env: { ...environmentFor(endpoint), ...credentials },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error("python3 has no streams");
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  let last: Promise<unknown> = Promise.resolve();

  async function ask(args: readonly string[]): Promise<Ended> {
    stdin?.write(`${JSON.stringify(args)}\n`);
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`The AWS CLI ended at: aws ${args.join(" ")}`);
    return JSON.parse(value) as Ended;
  }

  return {
    async aws<Answer>(...args: readonly string[]) {
      const answer = last.then(() => ask(args));
      last = answer.catch(() => {});
      const { status, stdout, stderr } = await answer;
      if (status !== 0) throw new Error(`aws ${args.join(" ")}: ${stderr.trim()}`);
      return (stdout.trim() === "" ? null : JSON.parse(stdout)) as Answer;
    },
    async close() {
      stdin.end();
      await ended;
    },
  };
}
