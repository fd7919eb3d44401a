import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const folders: Readonly<Record<string, string>> = { linux: "ubuntu", darwin: "macos", win32: "windows" };
const architectures: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "aarch64" };

/** CloudFormation Guard, as its own package ships it. */
const program = join(
  dirname(createRequire(import.meta.url).resolve("@cdklabs/cdk-validator-cfnguard/package.json")),
  "bin",
  folders[process.platform] ?? "",
  architectures[process.arch] ?? "",
  "cfn-guard",
);

/** What a program wrote, and its exit status. */
export type GuardRun = { readonly status: number | null; readonly output: string };

/** Runs the unit tests of some rules. */
export function testRules(rules: string, tests: string): GuardRun {
  return run({ "rules.guard": rules, "tests.yaml": tests }, ["test", "-r", "rules.guard", "-t", "tests.yaml"]);
}

/** Validates a template against some rules. */
export function validateTemplate(rules: string, template: string): GuardRun {
  return run({ "rules.guard": rules, "template.yaml": template }, [
    "validate",
    "-r",
    "rules.guard",
    "-d",
    "template.yaml",
  ]);
}

function run(files: Readonly<Record<string, string>>, args: readonly string[]): GuardRun {
  const folder = mkdtempSync(join(tmpdir(), "guard-"));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: folder, encoding: "utf8" });
    if (error !== undefined) throw error;
    return { status, output: `${stdout}${stderr}` };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
