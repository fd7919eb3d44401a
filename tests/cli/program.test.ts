import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { expectGolden } from "../golden/golden.ts";
import { runCli } from "./run-cli.ts";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

test.each(["-v", "--version"])("%s", async (flag) =>
  expect(await runCli([flag])).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" }),
);

test.each([
  [["--help"]],
  [["audit", "--help"]],
  [["demo", "-h"]],
  [["rules", "-h"]],
  [["explain", "-h"]],
  [["plan", "-h"]],
  [["remediate", "-h"]],
  [["approve", "-h"]],
  [["reject", "-h"]],
  [["stop", "-h"]],
  [["resume", "-h"]],
  [["verify", "-h"]],
  [["help", "audit"]],
])("%j prints help to stdout", async (argv) => {
  const { status, stdout, stderr } = await runCli(argv);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toContain("Usage: rds-password-audit");
  if (argv.length > 1) expect(stdout).toContain("Examples:");
});

test.each(["", "audit", "demo", "explain", "plan", "remediate", "approve", "stop", "resume", "verify"])(
  "help %s fits 80 columns, except command lines and the table of exit statuses",
  async (command) => {
    const { stdout } = await runCli(["help", ...(command === "" ? [] : [command])], { terminal: { columns: 80 } });
    const prose = stdout.split("\n").filter((line) => !/^ {2}(rds-password-audit|\d+ ) */.test(line));
    expect(prose.filter((line) => line.length > 80)).toEqual([]);
  },
);

test("the audit, which is loaded alone, has the same help as among all commands", async () => {
  expect(await runCli(["audit", "--help"])).toEqual(await runCli(["help", "audit"]));
});

test("shows help on stderr and exits with 2 without a command", async () => {
  const { status, stdout, stderr } = await runCli([]);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toContain("Usage: rds-password-audit");
});

test.each([
  ["adit", 'Unknown command "adit" (did you mean audit?).'],
  ["--verison", 'Unknown option "--verison" (did you mean --version?).'],
])("%s", async (word, message) =>
  expect(await runCli([word])).toEqual({ status: 2, stdout: "", stderr: `${message}\n` }),
);

describe("rules", () => {
  test("prints a table", async () => expectGolden("rules", (await runCli(["rules"])).stdout));

  test("prints JSON", async () => {
    const { stdout } = await runCli(["rules", "--format", "json"]);
    const [first, ...others] = JSON.parse(stdout);
    expect(first).toMatchObject({ id: "master-password-managed", severity: "high", off: false });
    expect(others.length).toBeGreaterThan(5);
  });

  test("suggests the nearest format", async () =>
    expect((await runCli(["rules", "--format", "tabel"])).stderr).toBe(
      '--format takes table or json, not "tabel" (did you mean "table"?).\n',
    ));
});

describe("main.ts as a process", () => {
  const main = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
  const node = fileURLToPath(new URL("../../node_modules/.bin/node", import.meta.url));

  test("writes results to stdout, errors to stderr, and exits with the status", () => {
    const rules = spawnSync(node, [main, "rules"], { encoding: "utf8" });
    expect(rules).toMatchObject({ status: 0, stderr: "" });
    expect(rules.stdout).toContain("master-password-managed");
    const typo = spawnSync(node, [main, "ruls"], { encoding: "utf8" });
    expect(typo).toMatchObject({ status: 2, stdout: "", stderr: 'Unknown command "ruls" (did you mean rules?).\n' });
  });

  test("ignores a closed pipe", () => {
    const script = '"$0" "$1" rules --format json | head -c 1; echo "$PIPESTATUS"';
    const shell = spawnSync("bash", ["-c", script, node, main], { encoding: "utf8" });
    expect(shell).toMatchObject({ stdout: "[0\n", stderr: "" });
  });
});
