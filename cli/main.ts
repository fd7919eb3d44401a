#!/usr/bin/env node
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { Aws } from "./io.ts";
import { run } from "./program.ts";

// A closed pipe (`| head`) is also reported to the write call, which decides what to do.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

// A file beyond the limit of the process (`ulimit -f`) is also reported to the write call. Without a listener, that of proper-lockfile ends
// the process, and the report is lost.
process.on("SIGXFSZ", () => {});

/** Loads clients that few commands need only when they are used. */
async function loadAws(): Promise<Aws> {
  return {
    ...(await import("../lib/aws/create-account.ts")),
    ...(await import("../lib/aws/open-role.ts")),
    ...(await import("../lib/aws/time-limit.ts")),
    openOrganization: async (options) => (await import("../lib/aws/open-organization.ts")).openOrganization(options),
    openTopic: (topicArn, options) => async (messages) => {
      const { publishMessages } = await import("../lib/aws/publish-messages.ts");
      return publishMessages(topicArn, messages, options);
    },
    profileNames: async () => (await import("./input/profile-names.ts")).profileNames(),
    answerApproval: async (...args) => (await import("../lib/aws/answer-approval.ts")).answerApproval(...args),
    openSimulation: async (options) => (await import("../lib/aws/simulate-permissions.ts")).createSimulation(options),
    openConsumers: async (options) => (await import("../lib/aws/read-consumers.ts")).createConsumers(options),
    openPrerequisites: async (options) =>
      (await import("../lib/aws/read-prerequisites.ts")).createPrerequisites(options),
  };
}

/** Asks on stderr, because stdout may be a file. */
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
  stdin: process.stdin,
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
