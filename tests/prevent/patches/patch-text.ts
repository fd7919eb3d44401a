import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parsePolicy } from "../../../lib/model/policy.ts";
import type { ParameterValues } from "../../../lib/prevent/cloudformation/parameters.ts";
import { patchTemplate, type TemplatePatch } from "../../../lib/prevent/patches/patch-template.ts";
import { policyRuleIds, rules } from "../../../rules/index.ts";
import { now } from "../../support/builders.ts";

type Options = { readonly policy?: string; readonly parameters?: ParameterValues; readonly path?: string };

/** Patches the text of a template. */
export function patchText(
  text: string,
  { policy = "", parameters = new Map(), path = "template.yaml" }: Options = {},
): TemplatePatch {
  const standard = { policy: parsePolicy(policy || "{}", "policy.yaml", policyRuleIds), rules, now };
  const target = { account: null, region: null };
  return patchTemplate({ path, file: path, text }, { parameters, target, nestedAreJudged: false }, standard);
}

/** The text after a diff is applied by a program that people use. */
export function applyDiff(text: string, diff: string, program: "git" | "patch", path = "template.yaml"): string {
  const folder = mkdtempSync(join(tmpdir(), "patch-"));
  try {
    writeFileSync(join(folder, path), text);
    const args = { git: ["apply", "--whitespace=nowarn", "-"], patch: ["-p1", "--fuzz=0", "--binary", "--silent"] };
    execFileSync(program, args[program], { cwd: folder, input: diff, stdio: ["pipe", "pipe", "pipe"] });
    return readFileSync(join(folder, path), "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
}
