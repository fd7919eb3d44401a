import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";

const cruise = (...args: string[]) =>
  promisify(execFile)("node_modules/.bin/depcruise", ["--output-type", "json", ...args], { maxBuffer: 2 ** 28 });

type Cruise = { modules: { source: string; dependencies: unknown[] }[]; summary: { violations: unknown[] } };

test("everybody imports only what the architecture allows", async () => {
  const { stdout } = await cruise("lib", "rules", "cli", "functions", "deploy", "simulator", "bench", "scripts");
  const { modules, summary } = JSON.parse(stdout) as Cruise;
  expect(summary.violations).toEqual([]);
  const judge = modules.find(({ source }) => source === "lib/audit/judge.ts");
  expect(judge?.dependencies.length).toBeGreaterThan(3);
}, 30_000);
