/** Completion scripts, run in the shells that this machine has. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { runCli } from "./run-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "completion-"));
const hasShell = (shell: string) => spawnSync(shell, ["-c", "exit"]).status === 0;
beforeAll(() => writeFileSync(join(folder, "policy.yaml"), ""));
afterAll(() => rmSync(folder, { recursive: true }));

async function scriptOf(shell: string): Promise<string> {
  const { stdout, status } = await runCli(["completion", shell]);
  expect(status).toBe(0);
  const file = join(folder, `script.${shell}`);
  writeFileSync(file, stdout);
  return file;
}

/** What a line completes to, by shell. The last word is completed. */
const complete: Readonly<Record<string, (script: string, words: readonly string[]) => string>> = {
  bash: (script, words) =>
    run(
      "bash",
      `source ${script}; COMP_WORDS=(${words.map((word) => `"${word}"`).join(" ")}); COMP_CWORD=${words.length - 1}
      _rds_password_audit; printf '%s\\n' "\${COMPREPLY[@]}"`,
    ),
  fish: (script, words) => run("fish", `source ${script}; complete -C "${words.join(" ")}" | cut -f 1`),
};

function run(shell: string, command: string): string {
  return spawnSync(shell, ["-c", command], { cwd: folder, encoding: "utf8", env: { ...process.env, HOME: folder } })
    .stdout;
}

const program = "rds-password-audit";
describe.each(["bash", "fish"])("%s", (shell) => {
  const suite = hasShell(shell) ? test : test.skip;
  suite.each([
    ["commands", [program, "pl"], ["plan"]],
    ["options of a command", [program, "audit", "--fail"], ["--fail-on"]],
    ["values of an option", [program, "audit", "--fail-on", "cri"], ["critical"]],
    ["Regions", [program, "audit", "--region", "eu-west-"], ["eu-west-1", "eu-west-2", "eu-west-3"]],
    ["files", [program, "audit", "--policy", "pol"], ["policy.yaml"]],
    ["rules", [program, "explain", "secret-key-u"], ["secret-key-usable"]],
  ])(`${hasShell(shell) ? "" : "skipped: not on this machine: "}completes %s`, async (_, words, expected) => {
    const script = await scriptOf(shell);
    expect(complete[shell]?.(script, words).trim().split("\n").sort()).toEqual(expected);
  });
});

const zshTest = hasShell("zsh") ? test : test.skip;
zshTest(`${hasShell("zsh") ? "" : "skipped: not on this machine: "}zsh loads the bash script`, async () => {
  const script = await scriptOf("zsh");
  const { status, stderr } = spawnSync("zsh", ["-c", `source ${script}; whence _rds_password_audit`], {
    encoding: "utf8",
    env: { ...process.env, HOME: folder },
  });
  expect([status, stderr]).toEqual([0, ""]);
});

test("another shell is refused", async () => {
  expect(await runCli(["completion", "tcsh"])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("bash, zsh or fish"),
  });
});
