import { execFile } from "node:child_process";
import { globSync } from "node:fs";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";
import { openParts, parts, toLaw } from "../../scripts/import-laws.ts";

const cruise = (...args: string[]) =>
  promisify(execFile)("node_modules/.bin/depcruise", ["--output-type", "json", ...args], { maxBuffer: 2 ** 28 });

type Cruise = { modules: { source: string; dependencies: unknown[] }[]; summary: { violations: unknown[] } };

test("each part imports only what the architecture allows", async () => {
  const { stdout } = await cruise("lib", "rules", "cli", "functions", "deploy", "simulator", "bench", "scripts");
  const { modules, summary } = JSON.parse(stdout) as Cruise;
  expect(summary.violations).toEqual([]);
  const judge = modules.find(({ source }) => source === "lib/audit/judge.ts");
  expect(judge?.dependencies.length).toBeGreaterThan(3);
}, 30_000);

test("each source file has exactly one law, unless its part is open", () => {
  const laws = parts.map(toLaw).map(({ from }) => from);
  const governing = (file: string) =>
    laws.filter(({ path, pathNot }) => RegExp(path).test(file) && !(pathNot && RegExp(pathNot).test(file)));
  const files = globSync("{lib,rules,deploy,simulator}/**/*.ts");
  expect(files.length).toBeGreaterThan(100);
  expect(files.filter((file) => governing(file).length !== 1)).toEqual([]);
  expect(openParts.flatMap(({ name }) => name.split(", ")).sort()).toEqual([
    "bench",
    "cli",
    "functions",
    "scripts",
    "tests",
  ]);
});
