import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

const run = promisify(execFile);
const copied = [
  ".dependency-cruiser.js",
  ".gitignore",
  "biome.json",
  "jest.config.ts",
  "package.json",
  "tsconfig.json",
  "README.md",
];
const copiedFolders = ["bench", "cli", "deploy", "docs", "functions", "lib", "rules", "scripts", "simulator", "tests"];

let checkout: string;
beforeAll(async () => {
  checkout = await mkdtemp(join(tmpdir(), "new-rule-"));
  await Promise.all([...copied, ...copiedFolders].map((path) => cp(path, join(checkout, path), { recursive: true })));
  await symlink(join(process.cwd(), "node_modules"), join(checkout, "node_modules"));
});
afterAll(() => rm(checkout, { recursive: true }));

const newRule = (...args: string[]) =>
  run(process.execPath, ["scripts/new-rule.ts", ...args], { cwd: checkout, env: { ...process.env, NODE_OPTIONS: "" } });
const textOf = (path: string) => readFile(join(checkout, path), "utf8");

describe("npm run new-rule", () => {
  test.each([
    [["SecretHasTags", "The secret has tags", "low"], '"SecretHasTags" is not a rule id.'],
    [["secret-key-usable", "The key is usable", "low"], "The rule secret-key-usable already exists."],
    [["secret-scaffold-example"], "A title is required."],
    [
      ["secret-scaffold-example", "The secret has tags", "severe"],
      '"severe" is not a severity. Use critical, high, medium, low.',
    ],
    [
      ["secret-scaffold-example", "The secret has tags", "low", "tag"],
      '"tag" is not a kind of rule. Use secret, key, database.',
    ],
  ])("refuses %j and changes nothing", async (args, message) => {
    const before = await textOf("rules/index.ts");
    await expect(newRule(...args)).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
    expect(await textOf("rules/index.ts")).toBe(before);
  });

  test("creates rules about a secret, a key and a database whose tests, pins and types pass", async () => {
    const ids = ["secret-scaffold-example", "secret-key-scaffold-example", "database-scaffold-example"];
    const secret = await newRule("secret-scaffold-example", "The secret has tags", "low");
    await newRule("secret-key-scaffold-example", "The KMS key is a multi-Region key", "medium", "key");
    await newRule("database-scaffold-example", "The database has an owner", "high", "database");
    for (const hint of ["rules/secret-scaffold-example.ts", "simulator/organization.ts", "npm run update-goldens"])
      expect(secret.stdout).toContain(hint);
    expect(await textOf("rules/secret-scaffold-example.ts")).toContain(
      '[...databaseLists, "secretsmanager:ListSecrets"]',
    );
    expect(await textOf("tests/rules/catalogue.test.ts")).toContain(
      '"secret-scaffold-example": { severity: "low", reads: secrets }',
    );
    for (const id of ids) {
      expect(await textOf("simulator/organization.ts")).toContain(`// Fails ${id}.`);
      expect(await textOf(`docs/rules/${id}.md`)).toContain(`# ${id}`);
    }
    const jest = [
      "node_modules/jest/bin/jest.js",
      "--maxWorkers=1",
      "tests/simulator/organization",
      "tests/rules/catalogue",
    ];
    const { stderr } = await run(process.execPath, [...jest, ...ids.map((id) => `tests/rules/${id}`)], {
      cwd: checkout,
      env: { ...process.env, NODE_OPTIONS: "--experimental-vm-modules", NODE_NO_WARNINGS: "1" },
    });
    expect(stderr).toMatch(/Test Suites: 5 passed, 5 total/);
    await run("node_modules/.bin/biome", ["lint", "rules", "tests/rules", "simulator/organization.ts"], {
      cwd: checkout,
    });
    await run("node_modules/.bin/tsc", ["--noEmit", "-p", "."], { cwd: checkout });
  }, 120_000);
});
