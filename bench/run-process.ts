import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Usage } from "./usage.ts";

/** A process that ended: what it took, and what it wrote. */
export type Ended = Usage & {
  readonly seconds: number;
  /** Of standard output. */
  readonly bytes: number;
  /** The start of standard output. */
  readonly output: string;
};

/** The start of the output that is kept: the report's summary and coverage are there. */
const keptBytes = 2_000_000;

type RunOptions = {
  readonly env?: NodeJS.ProcessEnv;
  /** Default: Node.js, with the program that measures it. */
  readonly program?: string;
  /** Flags of Node.js. */
  readonly flags?: readonly string[];
  readonly expectedStatus?: number;
};

/** Runs a program in its own process and measures all of it. Throws with its messages if it ends with another status than expected. */
export async function runProcess(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const { env = {}, program = process.execPath, flags = [], expectedStatus = 0 } = options;
  const measured =
    program === process.execPath ? [...flags, "--import", new URL("usage.ts", import.meta.url).href] : [];
  const startedAt = performance.now();
  const child = spawn(program, [...measured, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const [, stdout, stderr, usage] = child.stdio.map((stream) => collect(stream as NodeJS.ReadableStream | null));
  const [status, signal] = (await once(child, "close")) as [number | null, string | null];
  const seconds = (performance.now() - startedAt) / 1000;
  if (status !== expectedStatus)
    throw new Error(
      `${args.join(" ")} ended with ${status ?? signal}, not ${expectedStatus}: ${stderr?.text().slice(-2000)}`,
    );
  const { cpuSeconds, peakMebibytes } = JSON.parse(usage?.text() ?? "") as Usage;
  return { seconds, cpuSeconds, peakMebibytes, bytes: stdout?.bytes() ?? 0, output: stdout?.text() ?? "" };
}

/** Reads a stream to its end, but keeps only its start. */
function collect(stream: NodeJS.ReadableStream | null) {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream?.on("data", (chunk: Buffer) => {
    if (bytes < keptBytes) chunks.push(chunk);
    bytes += chunk.length;
  });
  return { bytes: () => bytes, text: () => Buffer.concat(chunks).toString() };
}
