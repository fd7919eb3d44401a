import { PassThrough } from "node:stream";
import type { Aws, Io, OutputStream } from "../../cli/io.ts";
import { run } from "../../cli/program.ts";
import { now } from "../support/builders.ts";

/** What a command line ended with. */
export type Ended = { readonly status: number; readonly stdout: string; readonly stderr: string };

/** What a test may change of the world around a command. */
export type World = {
  readonly env?: Io["env"];
  readonly aws?: Partial<Aws>;
  readonly terminal?: { readonly columns: number };
  readonly stdout?: OutputStream;
  readonly stderr?: OutputStream;
  readonly now?: string;
  readonly interrupted?: Io["interrupted"];
};

/** Runs a command line within the test's own process, without AWS unless the test brings one. */
export async function runCli(argv: readonly string[], world: World = {}): Promise<Ended> {
  const stdout = collect(world.terminal);
  const stderr = collect();
  const status = await run(argv, {
    stdout: world.stdout ?? stdout.stream,
    stderr: world.stderr ?? stderr.stream,
    env: world.env ?? {},
    now: () => new Date(world.now ?? now),
    loadAws: async () => ({ createAccount: noAws, defaultRegion: async () => null, ...world.aws }),
    interrupted: world.interrupted ?? (async () => {}),
  });
  return { status, stdout: stdout.text(), stderr: stderr.text() };
}

function noAws(): never {
  throw new Error("this command was not to ask AWS");
}

function collect(terminal?: { columns: number }): { stream: OutputStream; text: () => string } {
  let text = "";
  const stream = new PassThrough();
  stream.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  return { stream: Object.assign(stream, terminal && { isTTY: true, ...terminal }), text: () => text };
}
