import { PassThrough, Readable } from "node:stream";
import type { Aws, Io, OutputStream } from "../../cli/io.ts";
import { run } from "../../cli/program.ts";
import { startTimeLimit } from "../../lib/aws/time-limit.ts";
import { sampleAccounts } from "../../simulator/organization.ts";
import { now } from "../support/builders.ts";

/** The result of a command line. */
export type Ended = { readonly status: number; readonly stdout: string; readonly stderr: string };

/** What a test may replace around a command. */
export type World = {
  readonly env?: Io["env"];
  readonly aws?: Partial<Aws>;
  readonly terminal?: { readonly columns: number };
  /** What standard input holds. */
  readonly stdin?: readonly (string | Buffer)[];
  readonly stdout?: OutputStream;
  readonly stderr?: OutputStream;
  /** An instant, or a clock. */
  readonly now?: string | Io["now"];
  readonly interrupted?: Io["interrupted"];
  /** Answers questions; without it, there is no terminal. */
  readonly ask?: Io["ask"];
  readonly sleep?: Io["sleep"];
};

/** Runs a command line in the test's own process. Calls to AWS fail unless the test provides one. */
export async function runCli(argv: readonly string[], world: World = {}): Promise<Ended> {
  const stdout = collect(world.terminal);
  const stderr = collect();
  const status = await run(argv, {
    stdin: Readable.from(world.stdin ?? []),
    stdout: world.stdout ?? stdout.stream,
    stderr: world.stderr ?? stderr.stream,
    env: world.env ?? {},
    now: typeof world.now === "function" ? world.now : () => new Date((world.now as string | undefined) ?? now),
    loadAws: async () => ({
      createAccount: noAws,
      openRole: noAws,
      openOrganization: noAws,
      startTimeLimit,
      defaultRegion: async () => null,
      profileNames: async () => Object.keys(sampleAccounts),
      openTopic: noAws,
      answerApproval: noAws,
      openSimulation: noAws,
      openConsumers: noAws,
      openPrerequisites: noAws,
      ...world.aws,
    }),
    interrupted: world.interrupted ?? (() => new Promise(() => {})),
    ask: world.ask ?? null,
    sleep: world.sleep ?? (async () => {}),
  });
  return { status, stdout: stdout.text(), stderr: stderr.text() };
}

function noAws(): never {
  throw new Error("this command must not call AWS");
}

function collect(terminal?: { columns: number }): { stream: OutputStream; text: () => string } {
  let text = "";
  const stream = new PassThrough();
  stream.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  return { stream: Object.assign(stream, terminal && { isTTY: true, ...terminal }), text: () => text };
}
