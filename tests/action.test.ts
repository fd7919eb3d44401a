/** The GitHub Action: its file, and what its steps do, run by bash as the runner runs them, against the simulator. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { validateAction } from "@action-validator/core";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { failOnChoices } from "../cli/exit-status.ts";
import { createSampleOrganization, sampleAccounts } from "../simulator/organization.ts";
import { startSimulator } from "../simulator/server.ts";

type Step = {
  readonly id?: string;
  readonly name: string;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
};
type Action = {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default: string }>>;
  readonly runs: { readonly steps: readonly Step[] };
};

const source = readFileSync("action.yml", "utf8");
const action = parse(source) as Action;
const scripts = action.runs.steps.filter(({ run }) => run !== undefined);

describe("the file", () => {
  test("is a valid action", () => expect(validateAction(source).errors).toEqual([]));

  test.each([
    ["a step without a shell", source.replace("      shell: bash\n", "")],
    ["another kind of action", source.replace("using: composite", "using: composed")],
    ["inputs that are a list", source.replace("inputs:\n", "inputs: []\nmore:\n")],
  ])("the validator refuses %s", (_, changed) => {
    expect(changed).not.toBe(source);
    expect(validateAction(changed).errors.length).toBeGreaterThan(0);
  });

  test("no script has an expression: a value in it could run as a command", () => {
    expect(scripts).toHaveLength(3);
    expect(scripts.filter(({ run }) => run?.includes("${{"))).toEqual([]);
  });

  test("actions of others are pinned by commit", () => {
    const used = action.runs.steps.flatMap(({ uses }) => uses ?? []);
    expect(used).toHaveLength(3);
    expect(used.filter((name) => !/@[0-9a-f]{40}$/.test(name))).toEqual([]);
  });

  test("fail-on names the choices of the command", () => {
    const { description = "" } = action.inputs["fail-on"] ?? {};
    for (const choice of failOnChoices) expect(description).toContain(choice);
  });

  test("docs/pipelines.md has every input", () => {
    const document = readFileSync("docs/pipelines.md", "utf8");
    expect(Object.keys(action.inputs).filter((name) => !document.includes(`| \`${name}\` |`))).toEqual([]);
  });
});

describe("the steps", () => {
  const folder = mkdtempSync(join(tmpdir(), "action-"));
  let simulator: Awaited<ReturnType<typeof startSimulator>>;
  beforeAll(async () => {
    simulator = await startSimulator(createSampleOrganization({ now: new Date() }).cloud);
    writeFileSync(join(folder, "bad.yaml"), template("ManageMasterUserPassword: false"));
    writeFileSync(join(folder, "good one.yaml"), template("ManageMasterUserPassword: true"));
    writeFileSync(join(folder, "policy.yaml"), "severities: { master-password-managed: medium }\n");
  });
  afterAll(async () => {
    await simulator.close();
    rmSync(folder, { recursive: true });
  });

  /** Runs a script as the runner does: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax */
  async function runScript(name: string, env: Readonly<Record<string, string>>) {
    const script = scripts.find((step) => step.name === name)?.run ?? "";
    const scriptFile = join(folder, `${crypto.randomUUID()}.sh`);
    writeFileSync(scriptFile, script);
    const child = spawn("bash", ["--noprofile", "--norc", "-eo", "pipefail", scriptFile], {
      cwd: folder,
      env: { PATH: `${join(process.execPath, "..")}:${process.env.PATH}`, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [stdout, stderr, [status]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "exit") as Promise<[number]>,
    ]);
    return { stdout, stderr, status };
  }

  /** Runs the command and then passes its exit status on, with the defaults of the inputs that are not given. */
  async function run(inputs: Readonly<Record<string, string>>) {
    const runnerTemp = mkdtempSync(join(folder, "runner-"));
    const [summary, output] = [join(runnerTemp, "summary.md"), join(runnerTemp, "output")];
    const step = scripts.find(({ id }) => id === "run");
    const given = Object.entries(step?.env ?? {}).map(([variable, expression]) => {
      const [, name = ""] = /^\$\{\{ inputs\.([a-z-]+) \}\}$/.exec(expression) ?? [];
      return [variable, inputs[name] ?? action.inputs[name]?.default ?? ""];
    });
    const ended = await runScript("Run", {
      ...Object.fromEntries(given),
      ...{ RUNNER_TEMP: runnerTemp, GITHUB_ACTION_PATH: process.cwd() },
      ...{ GITHUB_STEP_SUMMARY: summary, GITHUB_OUTPUT: output },
      ...{ AWS_ENDPOINT_URL: simulator.endpoint, AWS_ACCESS_KEY_ID: sampleAccounts.production },
      ...{ AWS_SECRET_ACCESS_KEY: "simulated", AWS_REGION: "eu-west-1", AWS_EC2_METADATA_DISABLED: "true" },
    });
    const read = (file: string) => (existsSync(file) ? readFileSync(file, "utf8") : "");
    const outputs = Object.fromEntries(
      read(output)
        .split("\n")
        .map((line) => line.split("=")),
    ) as Record<string, string>;
    const passed = await runScript("Pass the exit status on", { STATUS: outputs["exit-status"] ?? "" });
    return { ...ended, outputs, passed: passed.status, summary: read(summary) };
  }

  test("an audit: the summary, the four reports, and the exit status", async () => {
    const { outputs, passed, summary, stdout, status } = await run({});
    expect([status, outputs["exit-status"], passed, outputs["has-report"]]).toEqual([0, "1", 1, "true"]);
    expect(summary).toMatch(/^# ❌ RDS master passwords: not clean\n/);
    expect(stdout).toContain("NOT CLEAN");
    const { reports = "" } = outputs;
    expect(readdirSync(reports).sort()).toEqual(["report.html", "report.json", "report.md", "report.sarif"]);
    const sarif = JSON.parse(readFileSync(join(reports, "report.sarif"), "utf8"));
    const report = JSON.parse(readFileSync(join(reports, "report.json"), "utf8"));
    expect(sarif.runs[0].results.length).toBe(report.findings.length + report.coverage.gaps.length);
    expect(new Set(report.coverage.targets.map(({ region }: { region: string }) => region))).toEqual(
      new Set(["eu-west-1"]),
    );
  });

  test("Regions, by spaces and lines, and fail-on: never", async () => {
    const { outputs, passed } = await run({ regions: "eu-west-1 us-east-1\neu-central-1\n", "fail-on": "never" });
    const report = JSON.parse(readFileSync(join(outputs.reports ?? "", "report.json"), "utf8"));
    expect(report.coverage.targets.map(({ region }: { region: string }) => region).sort()).toEqual([
      "eu-central-1",
      "eu-west-1",
      "us-east-1",
    ]);
    expect(passed).toBe(report.coverage.complete ? 0 : 3);
  });

  test.each([
    ["a good template", { files: "good one.yaml" }, 0],
    ["a bad one too", { files: "good one.yaml\nbad.yaml\n" }, 1],
    [
      "a bad one, and a policy that lowers its severity",
      { files: "bad.yaml", policy: "policy.yaml", "fail-on": "high" },
      0,
    ],
  ])("check: %s", async (_, inputs, status) => {
    const { outputs, passed } = await run({ command: "check", ...inputs });
    expect([passed, outputs["has-report"]]).toEqual([status, "true"]);
  });

  test("a file that cannot be read: no report, which the summary says, and exit status 2", async () => {
    const { outputs, passed, summary } = await run({ command: "check", files: "missing.yaml" });
    expect([passed, outputs["has-report"]]).toEqual([2, undefined]);
    expect(summary).toBe("There is no report: check ended with exit status 2. The log says why.\n");
  });

  test("another command is refused", async () => {
    const { status, stderr } = await run({ command: "remediate" });
    expect([status, stderr]).toEqual([2, 'The input command is audit or check, not "remediate".\n']);
  });

  const attack = `$(touch attacked); touch attacked; "; touch attacked; \`touch attacked\``;
  test.each(["command", "files", "regions", "policy", "fail-on", "arguments"])(
    "the input %s runs nothing",
    async (name) => {
      const { passed } = await run({ command: "check", files: "bad.yaml", [name]: attack });
      expect(passed).not.toBe(0);
      expect(existsSync(join(folder, "attacked"))).toBe(false);
    },
  );

  test("a file whose name begins with a hyphen is no option", async () => {
    const { stderr } = await run({ command: "check", files: "--help" });
    expect(stderr).toContain("--help");
  });
});

function template(properties: string): string {
  return `Resources:\n  Db:\n    Type: AWS::RDS::DBInstance\n    Properties: { Engine: mysql, ${properties} }\n`;
}
