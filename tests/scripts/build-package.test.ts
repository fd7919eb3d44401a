/** The npm package: built, packed, installed in an empty folder without a network, and run. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "@jest/globals";

const execute = promisify(execFile);
const env = { ...process.env, NODE_OPTIONS: "", npm_config_offline: "true" };

let folder: string;
let installed: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "package-"));
  await execute(process.execPath, ["scripts/build-package.ts", join(folder, "built")], { env });
  await execute("npm", ["pack", "./built"], { cwd: folder, env });
  const [tarball = ""] = (await readdir(folder)).filter((name) => name.endsWith(".tgz"));
  await execute("npm", ["install", "--prefix", "user", `./${tarball}`], { cwd: folder, env });
  installed = join(folder, "user/node_modules/rds-password-audit");
});
afterAll(() => rm(folder, { recursive: true }));

const command = (...args: string[]) =>
  execute(join(folder, "user/node_modules/.bin/rds-password-audit"), args, { cwd: folder, env });

test("installs one package of less than 4 MB", async () => {
  expect((await readdir(join(folder, "user/node_modules"))).filter((name) => !name.startsWith("."))).toEqual([
    "rds-password-audit",
  ]);
  const files = await readdir(installed, { recursive: true });
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(installed, file))).size));
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(4_000_000);
});

test("runs the demo", async () => {
  const { stdout } = await command("demo", "--format", "json").catch((error) => error);
  expect(JSON.parse(stdout).summary.databases).toBeGreaterThan(90);
});

test("writes a report to a file", async () => {
  const file = join(folder, "report.json");
  const { stderr } = await command("demo", "--output", file).catch((error) => error);
  expect(stderr).toContain(`The report is in ${file}.`);
  expect(JSON.parse(await readFile(file, "utf8")).summary.databases).toBeGreaterThan(90);
});

test("has help, names itself, and knows its version", async () => {
  expect((await command("--help")).stdout).toContain("Usage: rds-password-audit [options] [command]");
  const { version } = JSON.parse(await readFile("package.json", "utf8"));
  expect((await command("--version")).stdout.trim()).toBe(version);
});

test("refuses an old Node.js with a sentence", async () => {
  const launcher = await readFile(join(installed, "rds-password-audit.js"), "utf8");
  const old = launcher.replace("process.versions.node", JSON.stringify("18.20.0")).replace("#!/usr/bin/env node", "");
  await expect(execute(process.execPath, ["--input-type=module", "--eval", old], { env })).rejects.toMatchObject({
    code: 4,
    stderr: expect.stringContaining("rds-password-audit needs Node.js"),
  });
});

test("has the license of each bundled library", async () => {
  const notices = await readFile(join(installed, "THIRD-PARTY-NOTICES.txt"), "utf8");
  for (const library of ["@aws-sdk/client-rds", "zod", "commander", "d3-scale", "yaml"])
    expect(notices).toMatch(new RegExp(`^${library} [\\d.]+, license: `, "m"));
  expect(notices).not.toContain("license: undefined");
});

test("has every document that its README links to", async () => {
  const readme = await readFile(join(installed, "README.md"), "utf8");
  const targets = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target]) => target ?? "");
  expect(targets.length).toBeGreaterThan(20);
  expect(targets.filter((target) => !existsSync(join(installed, target)))).toEqual([]);
});
