#!/usr/bin/env node
import { once } from "node:events";
import process from "node:process";
import { run } from "./program.ts";

// A reader that went away (`| head`) shows as an error of the stream; whoever writes is told as well, and decides.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

process.exitCode = await run(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  now: () => new Date(),
  loadAws: () => import("../lib/aws/create-account.ts"),
  interrupted: async () => {
    await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  },
});
