import { type Command, Option } from "commander";
import { isOff, severityOf } from "../../lib/audit/judge.ts";
import type { Policy } from "../../lib/model/policy.ts";
import type { Rule } from "../../lib/model/rule.ts";
import { toJson } from "../../lib/report/files/json.ts";
import { type RuleEntry, renderRules } from "../../lib/report/terminal/rules.ts";
import { rules } from "../../rules/index.ts";
import { exitStatus } from "../exit-status.ts";
import { oneOf } from "../input/option-values.ts";
import { policyOption, readPolicy } from "../input/policy-file.ts";
import { type Io, write } from "../io.ts";
import { terminalOf } from "../output/terminal.ts";

type RulesOptions = { readonly policy?: string; readonly format: "table" | "json" };

const examples = `
Examples:
  rds-password-audit rules
  rds-password-audit rules --policy policy.yaml
  rds-password-audit rules --format json
  rds-password-audit explain secret-key-usable`;

/** `rules`: lists the rules, with their severities under a policy. */
export function addRules(program: Command, io: Io, end: (status: number) => void): void {
  program
    .command("rules")
    .description("list the rules")
    .addOption(policyOption("policy file, YAML or JSON: show its severities and the rules it turns off"))
    .addOption(
      new Option("-f, --format <format>", "table or json")
        .default("table")
        .argParser(oneOf("--format", ["table", "json"])),
    )
    .addHelpText("after", examples)
    .action(async (options: RulesOptions) => end(await listRules(options, io)));
}

async function listRules(options: RulesOptions, io: Io): Promise<number> {
  const policy = await readPolicy(options.policy);
  const entries = rules.map((rule) => toEntry(rule, policy));
  await write(
    io.stdout,
    options.format === "json" ? toJson(entries.map(toJsonEntry)) : renderRules(entries, terminalOf(io.stdout, io)),
  );
  return exitStatus.clean;
}

/** A rule with its severity under a policy, and whether it is off. */
export function toEntry(rule: Rule, policy: Policy): RuleEntry {
  return { rule, severity: severityOf(rule.id, policy, [rule]), off: isOff(rule, policy) };
}

function toJsonEntry({ rule: { id, title, rationale, reads, references }, severity, off }: RuleEntry) {
  return { id, title, severity, off, rationale, reads, references };
}
