import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Aws } from "../../cli/io.ts";
import { AccessError, AwsCallError } from "../../lib/model/errors.ts";
import { inventorySchema } from "../../lib/model/inventory.ts";
import { reportSchema } from "../../lib/model/report.ts";
import { rules } from "../../rules/index.ts";
import { anIncompleteInventory, aTargetOf } from "../report/sample-reports.ts";
import { anInventory, now } from "../support/builders.ts";
import { runCli } from "./run-cli.ts";
import { startSimulatedAws } from "./simulated-aws.ts";

let folder: string;
let aws: Aws;
let close: () => Promise<void>;

function file(name: string): string {
  return join(folder, name);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "audit-"));
  mkdirSync(file("folder"));
  writeFileSync(file("clean.json"), JSON.stringify(anInventory()));
  writeFileSync(file("wrong.json"), JSON.stringify(anInventory({ targets: [aTargetOf(2)] })));
  writeFileSync(file("blind.json"), JSON.stringify(anIncompleteInventory()));
  writeFileSync(file("version.json"), JSON.stringify({ ...anInventory(), schemaVersion: "7.0" }));
  writeFileSync(file("broken.json"), JSON.stringify({ ...anInventory(), observedAt: 7 }));
  writeFileSync(file("array.json"), "[]");
  writeFileSync(file("report.json"), (await runCli(["audit", "--from", file("clean.json"), "-f", "json"])).stdout);
  symlinkSync(file("clean.json"), file("clean-link.json"));
  writeFileSync(file("text.txt"), "an inventory");
  writeFileSync(file("utf16.yaml"), "\uFEFFaccounts: []\n", "utf16le");
  writeFileSync(file("latin1.yaml"), "# é\n", "latin1");
  writeFileSync(file("binary.yaml"), Buffer.of(0x7f, 0x45, 0x4c, 0x46, 0));
  writeFileSync(file("large.yaml"), "#".repeat(1_000_001));
  writeFileSync(file("marked.yaml"), "\uFEFFrulesOff: [rotation-enabled]\n");
  writeFileSync(file("policy.yaml"), 'accounts: "222222222222"\nregions: us-east-1\n');
  writeFileSync(file("medium.yaml"), "severities: { master-password-managed: medium }\n");
  writeFileSync(file("wrong.yaml"), "excemptions: []\n");
  ({ aws, close } = await startSimulatedAws());
});

afterAll(async () => {
  await close();
  rmSync(folder, { recursive: true });
});

describe("exit status", () => {
  test.each<[string, string, string[], number]>([
    ["clean", "clean.json", [], 0],
    ["a finding", "wrong.json", [], 1],
    ["a finding at --fail-on", "wrong.json", ["--fail-on", "high"], 1],
    ["a finding below --fail-on", "wrong.json", ["--fail-on", "critical"], 0],
    ["a finding with --fail-on never", "wrong.json", ["--fail-on", "never"], 0],
    ["incomplete coverage", "blind.json", [], 3],
    ["incomplete coverage with --fail-on never", "blind.json", ["--fail-on", "never"], 3],
    ["a severity that the policy lowers", "wrong.json", ["--policy", "medium.yaml", "--fail-on", "high"], 0],
  ])("%s", async (_, inventory, args, status) => {
    const given = args.map((arg) => (arg.endsWith(".yaml") ? file(arg) : arg));
    expect((await runCli(["audit", "--from", file(inventory), ...given])).status).toBe(status);
  });
});

const takes =
  "--format takes table, lines, json, html, csv, csv-databases, markdown, sarif, junit, asff, ocsf or oscal";

describe("invalid input exits with 2, prints one sentence and no report", () => {
  test.each<[string[], string]>([
    [["--from", "none.json"], "none.json cannot be read: there is no such file."],
    [["--from", "folder"], "folder cannot be read: it is a directory."],
    [["--from", "clean.json/x.json"], "clean.json/x.json cannot be read: a part of its path is not a directory."],
    [["--from", "text.txt"], "text.txt is not an inventory: it is not JSON."],
    [["--from", "version.json"], 'version.json has schemaVersion "7.0"; this version reads "1.0".'],
    [["--from", "array.json"], "array.json is not a valid inventory: save one with audit --save-inventory."],
    [
      ["--from", "broken.json"],
      "broken.json is not a valid inventory at observedAt: save one with audit --save-inventory.",
    ],
    [["--from", "report.json"], "report.json is a report, not an inventory: save one with audit --save-inventory."],
    [["--from", "clean.json", "--region", "eu-west-1"], "--from and --region cannot be given together."],
    [["--from", "clean.json", "--all-regions"], "--from and --all-regions cannot be given together."],
    [["--from", "clean.json", "--profile", "a"], "--from and --profile cannot be given together."],
    [["--from", "clean.json", "--save-inventory", "x"], "--from and --save-inventory cannot be given together."],
    [["--region", "eu-west-1", "--all-regions"], "--region and --all-regions cannot be given together."],
    [["--policy", "none.yaml"], "none.yaml cannot be read: there is no such file."],
    [
      ["--from", "clean.json", "--policy", "wrong.yaml"],
      'wrong.yaml: unknown key "excemptions" (did you mean "exemptions"?).',
    ],
    [["--format", "jsn"], `${takes}, not "jsn" (did you mean "json"?).`],
    [["--format", "pdf"], `${takes}, not "pdf".`],
    [["--format", "sariff=x.sarif"], `${takes}, not "sariff" (did you mean "sarif"?).`],
    [["--format", "json="], "--format json is empty: give it a value, or omit the option."],
    [["--format", "json=none/x.json"], "--format json none/x.json cannot be written: its folder does not exist."],
    [
      ["--format", "json", "--format", "csv"],
      "--format json and --format csv have no file: give all but one a file, as in --format csv=FILE.",
    ],
    [
      ["--format", "json=new.json", "--format", "csv=new.json"],
      "Two formats name the same file, new.json: give each its own.",
    ],
    [
      ["--format", "json=new.json", "--output", "new.json"],
      "Two formats name the same file, new.json: give each its own.",
    ],
    [
      ["--output", "new.pdf"],
      "The name of --output new.pdf does not say the format: add --format, or end it with .txt, .log, .json, .html, .csv, databases.csv, .md, .sarif, .xml, .asff.json, .ocsf.json or .oscal.json.",
    ],
    [["--fail-on", "hihg"], '--fail-on takes critical, high, medium, low or never, not "hihg" (did you mean "high"?).'],
    [["--output", "none/report.json"], "--output none/report.json cannot be written: its folder does not exist."],
    [["--output", "folder"], "--output folder cannot be written: it is a directory."],
    [["--output", "text.txt/x"], "--output text.txt/x cannot be written: its folder is a file."],
    [["--save-inventory", "none/x"], "--save-inventory none/x cannot be written: its folder does not exist."],
    [
      ["--from", "clean.json", "--output", "clean.json"],
      "--output clean.json would overwrite an input file: choose another name.",
    ],
    [
      ["--from", "clean.json", "--output", "clean-link.json"],
      "--output clean-link.json would overwrite an input file: choose another name.",
    ],
    [
      ["--output", "new.json", "--save-inventory", "new.json"],
      "--save-inventory and the report name the same file, new.json: give each its own.",
    ],
    [["--output", ""], "--output is empty: give it a value, or omit the option."],
    [["--save-inventory", ""], "--save-inventory is empty: give it a value, or omit the option."],
    [["--policy", ""], "--policy is empty: give it a value, or omit the option."],
    [["--from", ""], "--from is empty: give it a value, or omit the option."],
    [["--profile", ""], "--profile is empty: give it a value, or omit the option."],
    [["--policy", "utf16.yaml"], "utf16.yaml is UTF-16 text: save it as UTF-8."],
    [["--policy", "binary.yaml"], "binary.yaml is not a text file in UTF-8."],
    [["--policy", "latin1.yaml"], "latin1.yaml is not a text file in UTF-8."],
    [["--policy", "large.yaml"], "large.yaml is too large: the limit is 1 MB."],
    [["--policy", "/dev/zero"], "/dev/zero is too large: the limit is 1 MB."],
    [["--from", "-"], "standard input is not an inventory: it is not JSON."],
    [
      ["--profile", "stagng", "--region", "eu-west-1"],
      'There is no AWS profile "stagng" (did you mean "staging"?): correct --profile; "aws configure list-profiles" lists the profiles.',
    ],
    [
      ["--profile", "staging,prod-9,production"],
      'There is no AWS profile "prod-9" (known: production, staging, dataPlatform): correct --profile; "aws configure list-profiles" lists the profiles.',
    ],
    [["--severity", "hihg"], '--severity takes critical, high, medium or low, not "hihg" (did you mean "high"?).'],
    [["--rule", "rotation-enable"], expect.stringContaining('(did you mean "rotation-enabled"?)') as never],
    [["--database", "[a"], "--database [a is not a valid pattern: close its brackets."],
    [["--tag", ""], "--tag is empty: give it a value, or omit the option."],
    [["--regoin", "eu-west-1"], 'Unknown option "--regoin" (did you mean --region?).'],
    [["--region"], "--region needs a value."],
    [["eu-west-1"], 'audit takes only options, not "eu-west-1".'],
    [[], "No Region is configured: give --region or --all-regions, or set AWS_REGION."],
  ])("audit %j", async (args, message) => {
    // Replaces file names by full paths.
    const isFile = /^(none|folder|clean|text|version|array|broken|report|wrong|new|utf16|binary|latin1|large)\b|^x$/;
    const given = args.map((arg) => (isFile.test(arg) ? file(arg) : arg.replace(/=(?=new|none)/, `=${folder}/`)));
    const ended = await runCli(["audit", ...given], { aws: { createAccount: () => refusing } });
    expect({ ...ended, stderr: ended.stderr.replaceAll(`${folder}/`, "") }).toEqual({
      status: 2,
      stdout: "",
      stderr: typeof message === "string" ? `${message}\n` : message,
    });
  });

  const refusing = {
    name: "refusing",
    identify: () => Promise.reject(new AccessError("must not be called")),
    listRegions: () => Promise.reject(new AwsCallError("account:ListRegions", "AccessDeniedException", "no")),
    region: () => {
      throw new Error("must not be called");
    },
  };

  test.each([
    ["eu-wset-1", '"eu-wset-1" is not a known Region (did you mean "eu-west-1"?).'],
    ["Ireland", '"ireland" is not a known Region.'],
    ["eu-west-1,", "--region is empty: give it a value, or omit the option."],
    ["xx-north-9", '"xx-north-9" is not a known Region (did you mean "cn-north-1"?).'],
  ])("--region %s", async (region, message) => {
    const ended = await runCli(["audit", "--region", region], { aws: { createAccount: () => refusing } });
    expect(ended).toEqual({ status: 2, stdout: "", stderr: `${message}\n` });
  });
});

describe("--timeout", () => {
  test("ends the wait for an AWS that hangs, and reports what was read", async () => {
    const { aws, cloud, close } = await startSimulatedAws();
    try {
      cloud.fault({ action: "rds:DescribeDBInstances", kind: "hang" });
      const argv = ["audit", "--region", "us-east-1", "--timeout", "1", "--format", "json"];
      const { status, stdout } = await runCli(argv, { aws });
      expect([1, 3]).toContain(status);
      expect(reportSchema.parse(JSON.parse(stdout)).coverage.gaps).toContainEqual(
        expect.objectContaining({
          action: "rds:DescribeDBInstances",
          code: "DeadlineExceeded",
          message: "AWS had not answered when the time of --timeout (1 s) was over",
        }),
      );
    } finally {
      await close();
    }
  });

  test("ends the wait for an AWS STS that hangs", async () => {
    const { aws, cloud, close } = await startSimulatedAws();
    try {
      cloud.fault({ action: "sts:*", kind: "hang" });
      const { status, stderr } = await runCli(["audit", "--region", "us-east-1", "--timeout", "0.2"], { aws });
      expect(status).toBe(4);
      expect(stderr).toContain("AWS cannot be reached for the default credentials (AWS had not answered when");
    } finally {
      await close();
    }
  });

  test.each(["0", "-1", "soon", "", "99999999"])("%j is refused", async (value) => {
    const { status, stderr } = await runCli(["audit", "--timeout", value]);
    expect([status, stderr]).toEqual([2, `--timeout takes a number of seconds, such as 60, not "${value}".\n`]);
  });
});

describe("a failure", () => {
  const account = { name: "mine", listRegions: async () => [], region: () => ({}) as never };

  test.each<[string, Error, string]>([
    ["no credentials", new AccessError("There are no AWS credentials."), "There are no AWS credentials.\n"],
    ["a bug", new TypeError("x is undefined\nat y"), "rds-password-audit failed: x is undefined. This is a bug"],
    [
      "a full disk",
      Object.assign(new Error("ENOSPC: no space left"), { syscall: "write" }),
      "rds-password-audit failed: ENOSPC: no space left.\n",
    ],
  ])("%s exits with 4 and prints no stack", async (_, error, message) => {
    const identify = () => Promise.reject(error);
    const ended = await runCli(["audit", "--region", "eu-west-1"], {
      aws: { createAccount: () => ({ ...account, identify }) },
    });
    expect(ended.status).toBe(4);
    expect(ended.stdout).toBe("");
    expect(ended.stderr.startsWith(message)).toBe(true);
    expect(ended.stderr.trimEnd()).not.toContain("\n");
  });

  test("DEBUG=rds-password-audit adds the stack", async () => {
    const identify = () => Promise.reject(new TypeError("x is undefined\u001b[2J"));
    const world = { aws: { createAccount: () => ({ ...account, identify }) }, env: { DEBUG: "rds-password-audit" } };
    const { stderr } = await runCli(["audit", "--region", "eu-west-1"], world);
    expect(stderr).toContain("audit.test.ts");
    expect(stderr).not.toContain("\u001b");
  });
});

describe("output", () => {
  test("JSON goes to stdout, and incomplete coverage is reported on stderr", async () => {
    const { stdout, stderr } = await runCli(["audit", "--from", file("blind.json"), "--format", "json"]);
    expect(reportSchema.parse(JSON.parse(stdout)).coverage.complete).toBe(false);
    expect(stderr).toContain("NOT CLEAN");
  });

  test("several formats: one goes to stdout, the others to files, and stderr names them", async () => {
    const [sarif, csv] = [file("several.sarif"), file("several.csv")];
    const argv = ["audit", "--from", file("wrong.json"), "-f", `sarif=${sarif}`, "-f", "lines", "-f", `csv=${csv}`];
    const { status, stdout, stderr } = await runCli(argv);
    expect(status).toBe(1);
    expect(stdout.split("\n").map((line) => line.slice(0, 5))).toEqual(["high ", "high ", ""]);
    expect(JSON.parse(readFileSync(sarif, "utf8")).version).toBe("2.1.0");
    expect(readFileSync(csv, "utf8").split("\n")).toHaveLength(4);
    expect(stderr).toContain(`The report is in ${sarif}, ${csv}.\n`);
  });

  test("--output takes the format that has no file, and adds one if all have", async () => {
    const from = ["audit", "--from", file("clean.json")];
    await runCli([...from, "-f", `json=${file("one.json")}`, "-f", "csv", "-o", file("two.txt")]);
    expect(readFileSync(file("two.txt"), "utf8")).toMatch(/^status,severity/);
    await runCli([...from, "-f", `json=${file("one.json")}`, "-o", file("three.md")]);
    expect(readFileSync(file("three.md"), "utf8")).toMatch(/^# /);
  });

  test("a file is written as a whole, and the verdict goes to stderr", async () => {
    const output = file("out.txt");
    const { stdout, stderr } = await runCli(["audit", "--from", file("clean.json"), "--output", output], {
      env: { FORCE_COLOR: "1" },
    });
    expect(stdout).toBe("");
    expect(stderr).toContain(`The report is in ${output}.`);
    expect(readFileSync(output, "utf8")).toMatch(/^CLEAN/);
    expect(readdirSync(folder).filter((name) => name.startsWith("out.txt"))).toEqual(["out.txt"]);
  });

  test.each<[string, NodeJS.ProcessEnv, boolean, boolean]>([
    ["a terminal", {}, true, true],
    ["no terminal", {}, false, false],
    ["NO_COLOR", { NO_COLOR: "1" }, true, false],
    ["an empty NO_COLOR", { NO_COLOR: "" }, true, true],
    ["a dumb terminal", { TERM: "dumb" }, true, false],
    ["FORCE_COLOR", { FORCE_COLOR: "1", NO_COLOR: "1" }, false, true],
    ["FORCE_COLOR=0", { FORCE_COLOR: "0" }, true, false],
  ])("colors: %s", async (_, env, isTerminal, hasColors) => {
    const world = { env, ...(isTerminal && { terminal: { columns: 120 } }) };
    const { stdout } = await runCli(["audit", "--from", file("wrong.json")], world);
    expect(stdout.includes("\u001b[")).toBe(hasColors);
  });

  test.each([
    [{ terminal: { columns: 80 } }, 80],
    [{ terminal: { columns: 150 } }, 150],
    [{}, 100],
    [{ env: { COLUMNS: "90" } }, 90],
  ])("width: %j", async (world, width) => {
    const { stdout } = await runCli(["audit", "--from", file("wrong.json")], { env: { NO_COLOR: "1" }, ...world });
    const longest = Math.max(...stdout.split("\n").map((line) => line.length));
    expect(longest).toBeGreaterThan(width - 30);
    expect(longest).toBeLessThanOrEqual(width);
  });
});

describe("lenient input", () => {
  const auditClean = async (...args: string[]) =>
    (await runCli(["audit", "--from", file("clean.json"), ...args])).stdout;

  test("--format and --fail-on take any case", async () => {
    expect(reportSchema.parse(JSON.parse(await auditClean("--format", "JSON"))).clean).toBe(true);
    const { status } = await runCli(["audit", "--from", file("wrong.json"), "--fail-on", "CRITICAL"]);
    expect(status).toBe(0);
  });

  test("--region takes any case", async () => {
    const { stdout, status } = await runCli(["audit", "--region", "US-EAST-1", "-f", "json"], { aws });
    expect(status).toBe(1);
    expect(reportSchema.parse(JSON.parse(stdout)).coverage.targets[0]?.region).toBe("us-east-1");
  });

  test("--profile takes names separated by commas", async () => {
    const args = ["audit", "--profile", "staging,dataPlatform", "production", "--region", "us-east-1", "-f", "json"];
    const { targets } = reportSchema.parse(JSON.parse((await runCli(args, { aws })).stdout)).coverage;
    expect(targets.map(({ account }) => account)).toEqual(["111111111111", "222222222222", "333333333333"]);
  });

  test("--from - reads standard input", async () => {
    const stdin = [readFileSync(file("wrong.json")).subarray(0, 99), readFileSync(file("wrong.json")).subarray(99)];
    const { status, stdout } = await runCli(["audit", "--from", "-", "-f", "json"], { stdin });
    expect(status).toBe(1);
    expect(reportSchema.parse(JSON.parse(stdout)).summary.databases).toBe(2);
  });

  test("a policy with all rules off is not clean, and the report says that no rule was evaluated", async () => {
    const off = file("all-off.yaml");
    writeFileSync(off, `rulesOff: [${rules.map(({ id }) => id).join(", ")}]\n`);
    const { status, stdout } = await runCli(["audit", "--from", file("clean.json"), "--policy", off]);
    expect(status).toBe(3);
    expect(stdout).toMatch(/^NOT CLEAN {2}No violations found, but coverage is incomplete\. No rule was evaluated/);
  });

  test("a byte order mark in the policy is ignored", async () => {
    const report = reportSchema.parse(JSON.parse(await auditClean("--policy", file("marked.yaml"), "-f", "json")));
    expect(report.coverage.rulesOff).toEqual(["rotation-enabled"]);
  });

  test.each([
    ["by-name.json", [], /^\{/],
    ["by-name.HTML", [], /^<!doctype html>/i],
    ["by-name.txt", [], /^CLEAN/],
    ["by-name.csv", [], /^status,/],
    ["databases.csv", [], /^management,/],
    ["by-name.md", [], /^# /],
    ["by-name.sarif", [], /sarif-2\.1\.0/],
    ["by-name.sarif.json", [], /sarif-2\.1\.0/],
    ["by-name.xml", [], /^<\?xml/],
    ["by-name.ocsf.json", [], /^\[/],
    ["by-name.asff.json", [], /^\[/],
    ["by-name.oscal.json", [], /assessment-results/],
    ["by-name.log", [], /^$/],
    ["by-option.json", ["--format", "table"], /^CLEAN/],
  ])("%s %j: the format is that of the option, else of the file name", async (name, args, start) => {
    expect(await auditClean("--output", file(name), ...args)).toBe("");
    expect(readFileSync(file(name), "utf8")).toMatch(start);
  });
});

describe("a full disk", () => {
  const args = ["audit", "--region", "us-east-1"];

  test("costs the file, not the report: it goes to stdout, and the program exits with 4", async () => {
    const { status, stdout, stderr } = await runCli([...args, "--format", "json", "--output", "/dev/full"], { aws });
    expect(status).toBe(4);
    expect(reportSchema.parse(JSON.parse(stdout)).summary.databases).toBe(1);
    expect(stderr).toBe(
      "/dev/full could not be written: no space is left on the device. The report is on standard output instead.\n",
    );
  });

  test("costs one of several formats, not the report: what stdout cannot have goes to a temporary file", async () => {
    const argv = [...args, "-f", "lines", "-f", "json=/dev/full"];
    const { status, stdout, stderr } = await runCli(argv, { aws });
    expect(status).toBe(4);
    expect(stdout).toMatch(/^high /);
    const [, spare = ""] = /The report is in (\S+) instead\.\n$/.exec(stderr) ?? [];
    expect(reportSchema.parse(JSON.parse(readFileSync(spare, "utf8"))).summary.databases).toBe(1);
    rmSync(dirname(spare), { recursive: true });
  });

  test("costs the inventory, not the report", async () => {
    const { status, stdout, stderr } = await runCli([...args, "--save-inventory", "/dev/full"], { aws });
    expect(status).toBe(4);
    expect(stdout).toContain("NOT CLEAN");
    const [, spare = ""] =
      /^\/dev\/full could not be written: no space is left on the device\. The inventory is in (\S+) instead\.\n$/.exec(
        stderr,
      ) ?? [];
    expect(inventorySchema.parse(JSON.parse(readFileSync(spare, "utf8"))).targets).toHaveLength(1);
    rmSync(dirname(spare), { recursive: true });
  });
});

describe("filters", () => {
  test("limit what is shown, not the exit status, and the report says so", async () => {
    const argv = ["audit", "--from", file("wrong.json"), "--severity", "critical", "-f", "json"];
    const { status, stdout, stderr } = await runCli(argv);
    expect(status).toBe(1);
    const report = reportSchema.parse(JSON.parse(stdout));
    expect(report).toMatchObject({ clean: false, findings: [] });
    expect(report.narrowedBy).toEqual({ filters: ["severity critical"], findingsLeftOut: 2, databasesLeftOut: 0 });
    expect(stderr).toContain("NOT CLEAN  No violations shown.");
  });

  test("of a clean report exit with 0, but do not call it clean", async () => {
    const argv = ["audit", "--from", file("clean.json"), "--database", "none-*"];
    const { status, stdout } = await runCli(argv);
    expect([status, stdout.split(" ")[0]]).toEqual([0, "LIMITED"]);
  });
});

describe("the request", () => {
  test("has the command, the policy with its SHA-256 as sha256sum prints it, and the callers", async () => {
    const policy = file("marked.yaml");
    const argv = ["audit", "--from", file("clean.json"), "--policy", policy, "-f", "json", "--tag", "a b"];
    const { stdout } = await runCli(argv);
    const { request, digest } = reportSchema.parse(JSON.parse(stdout));
    expect(request).toEqual({
      callers: [],
      command: `audit --from ${file("clean.json")} --policy ${policy} -f json --tag 'a b'`,
      policy: { file: policy, sha256: createHash("sha256").update(readFileSync(policy)).digest("hex") },
    });
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  });
});

describe("live", () => {
  test("reads the configured Region by default", async () => {
    const { stdout, status } = await runCli(["audit"], { aws });
    expect(stdout).toContain("222222222222 us-east-1");
    expect(status).toBe(1);
  });

  test("checks the configured Region for typos", async () => {
    const world = { aws: { ...aws, defaultRegion: async () => "eu-wset-1", createAccount: aws.createAccount } };
    expect(await runCli(["audit"], world)).toEqual({
      status: 2,
      stdout: "",
      stderr:
        '"eu-wset-1" is not a known Region (did you mean "eu-west-1"?); correct AWS_REGION or the profile\'s region, or give --region or --all-regions.\n',
    });
  });

  test("prefers the Regions of the options, then those of the policy", async () => {
    const args = ["audit", "--policy", file("policy.yaml"), "-f", "json"];
    const regionsOf = async (...more: string[]) =>
      reportSchema
        .parse(JSON.parse((await runCli([...args, ...more], { aws })).stdout))
        .coverage.targets.map(({ region }) => region);
    expect(await regionsOf()).toEqual(["us-east-1"]);
    expect(await regionsOf("--region", "eu-west-1,eu-central-1", "eu-west-1")).toEqual(["eu-central-1", "eu-west-1"]);
    expect(await regionsOf("--all-regions")).toEqual(["ap-southeast-2", "eu-central-1", "eu-west-1", "us-east-1"]);
  });

  test("reads one account for each profile", async () => {
    const args = ["audit", "--profile", "staging", "dataPlatform", "--region", "us-east-1", "-f", "json"];
    const { stdout } = await runCli(args, { aws });
    const { targets } = reportSchema.parse(JSON.parse(stdout)).coverage;
    expect(targets.map(({ account }) => account)).toEqual(["222222222222", "333333333333"]);
  });

  test("asks for --region if the profiles have different Regions", async () => {
    const { status, stderr } = await runCli(["audit", "--profile", "staging", "production"], { aws });
    expect(status).toBe(2);
    expect(stderr).toBe(
      "The profiles have different Regions (us-east-1, eu-central-1): give --region or --all-regions.\n",
    );
  });

  test("refuses an account that the policy does not name", async () => {
    const { status, stderr } = await runCli(["audit", "--profile", "production", "--policy", file("policy.yaml")], {
      aws,
    });
    expect(status).toBe(2);
    expect(stderr).toContain("111111111111");
  });

  test("asks AWS about an unknown Region, which may be new", async () => {
    const listRegions = async () => ["eu-north-9"];
    const createAccount: Aws["createAccount"] = (options) => ({ ...aws.createAccount(options), listRegions });
    const { stdout } = await runCli(["audit", "--region", "eu-north-9", "-f", "json"], {
      aws: { ...aws, createAccount },
    });
    expect(reportSchema.parse(JSON.parse(stdout)).coverage.targets[0]?.region).toBe("eu-north-9");
  });

  test("finds the same in a saved inventory", async () => {
    const saved = file("saved.json");
    const args = ["--region", "us-east-1", "-f", "json"];
    const live = await runCli(["audit", ...args, "--save-inventory", saved], { aws });
    expect(live.stderr).toContain(`The inventory is in ${saved}.\n`);
    expect(inventorySchema.parse(JSON.parse(readFileSync(saved, "utf8"))).observedAt).toBe(now);
    const again = await runCli(["audit", "--from", saved, "-f", "json"]);
    const judged = ({ stdout }: typeof live) => {
      const { request, digest: _, ...report } = reportSchema.parse(JSON.parse(stdout));
      return { ...report, callers: request?.callers };
    };
    expect(judged(again)).toEqual(judged(live));
    expect(again.status).toBe(live.status);
    expect(judged(live).callers).toEqual([expect.stringMatching(/^arn:aws:/)]);
    expect(existsSync(saved)).toBe(true);
  });
});
