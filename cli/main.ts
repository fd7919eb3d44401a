#!/usr/bin/env node
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { Aws } from "./io.ts";
import { run } from "./program.ts";

// A reader that went away (`| head`) shows as an error of the stream; whoever writes is told as well, and decides.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

/** Clients that few commands need are loaded when they are used. */
async function loadAws(): Promise<Aws> {
  return {
    ...(await import("../lib/aws/create-account.ts")),
    openTopic: (topicArn, options) => async (messages) => {
      const { publishMessages } = await import("../lib/aws/publish-messages.ts");
      return publishMessages(topicArn, messages, options);
    },
    answerApproval: async (...args) => (await import("../lib/aws/answer-approval.ts")).answerApproval(...args),
  };
}

/** The question goes to stderr, because stdout may be a file. */
function ask(question: string, signal: AbortSignal): Promise<string | null> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  signal.addEventListener("abort", () => terminal.close(), { once: true });
  return new Promise((resolve) => {
    terminal.once("close", () => resolve(null));
    terminal.question(question, (answer) => {
      resolve(answer);
      terminal.close();
    });
  });
}

process.exitCode = await run(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  now: () => new Date(),
  loadAws,
  interrupted: async () => {
    await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  },
  ask: process.stdin.isTTY && process.stderr.isTTY ? ask : null,
  sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
});
