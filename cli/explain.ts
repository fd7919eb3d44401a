import type { Command } from "commander";
import { reasons } from "../lib/audit/classify.ts";
import { activeRules, isOff, judge, prepare, toFinding } from "../lib/audit/judge.ts";
import type { Database } from "../lib/model/database.ts";
import { UsageError } from "../lib/model/errors.ts";
import type { Inventory, Target } from "../lib/model/inventory.ts";
import { nearest, suggest } from "../lib/model/nearest.ts";
import type { Policy } from "../lib/model/policy.ts";
import { type DatabaseDetails, explainDatabase } from "../lib/report/terminal/explain-database.ts";
import { explainRule } from "../lib/report/terminal/rules.ts";
import { makePrintable } from "../lib/report/text/printable.ts";
import { rules } from "../rules/index.ts";
import { exitStatus } from "./exit-status.ts";
import { findDatabase, listUnread, namingDatabases } from "./find-database.ts";
import { type Io, write } from "./io.ts";
import { readPolicy } from "./policy-file.ts";
import { toEntry } from "./rules.ts";
import { addSourceOptions, checkSource, openInventory, type SourceOptions } from "./source.ts";
import { terminalOf } from "./terminal.ts";

const examples = `
${namingDatabases}

Examples:
  rds-password-audit explain secret-not-impaired
  rds-password-audit explain orders --region eu-west-1
  rds-password-audit explain arn:aws:rds:eu-west-1:123456789012:cluster:ledger --policy policy.yaml
  rds-password-audit explain orders --from monday.json`;

const ruleIds = rules.map(({ id }) => id);

/** `explain`: describes one rule, or one database and its verdicts. */
export function addExplain(program: Command, io: Io, end: (status: number) => void): void {
  addSourceOptions(
    program
      .command("explain")
      .description("explain a rule, or the findings on a database: what is checked, why, and what to do")
      .argument("<rule-or-database>"),
  )
    .addHelpText("after", examples)
    .action(async (name: string, options: SourceOptions) => end(await explain(name, options, io)));
}

async function explain(name: string, options: SourceOptions, io: Io): Promise<number> {
  checkSource(options);
  const policy = await readPolicy(options.policy);
  const rule = rules.find(({ id }) => id === name);
  const terminal = terminalOf(io.stdout, io);
  const text =
    rule === undefined
      ? explainDatabase(await findPage(name, options, policy, io), terminal)
      : explainRule(toEntry(rule, policy), terminal);
  await write(io.stdout, text);
  return exitStatus.clean;
}

async function findPage(name: string, options: SourceOptions, policy: Policy, io: Io): Promise<DatabaseDetails> {
  const asksForDatabase = [options.from, options.region, options.allRegions, options.profile].some(
    (one) => one !== undefined,
  );
  if (!asksForDatabase && nearest(name, ruleIds) !== null)
    throw new UsageError(
      `"${name}" is not a known rule${suggest(name, ruleIds)}; for a database of that name, give its ARN or --region.`,
    );
  const inventory = await openInventory(options, policy, io, { names: [name] });
  const found = findDatabase(name, inventory, { what: "neither a rule nor a database", names: ruleIds });
  const { target, database } = found;
  const unread = listUnread(name, found, inventory);
  if (unread !== null)
    await write(io.stderr, `Another database may be called "${name}": ${makePrintable(unread)} could not be read.\n`);
  return toPage(database, target, inventory, policy);
}

function toPage({ arn }: Database, target: Target, inventory: Inventory, policy: Policy): DatabaseDetails {
  const prepared = [...prepare(target, policy, inventory.observedAt)].find(({ database }) => database.arn === arn);
  if (prepared === undefined) throw new Error(`${arn} is in the inventory, but was not prepared`);
  const { database, context } = prepared;
  const reason = reasons.find(({ code }) => code === database.reason);
  return {
    database,
    source: reason === undefined ? null : `${reason.source} (as of ${reason.asOf})`,
    verdicts: activeRules(rules, policy).map((rule) => {
      const judgment = judge(rule, database, context, policy);
      const finding = toFinding(judgment, database, policy, inventory.observedAt);
      const { rule: id, severity, status, message, remediation, evidence } = judgment;
      return {
        ...{ rule: id, severity, status, message, remediation },
        evidence: finding?.evidence ?? evidence,
        exemption: finding?.exemption ?? null,
        endedExemption: finding?.endedExemption ?? null,
      };
    }),
    rulesOff: rules.filter((rule) => isOff(rule, policy)).map(({ id }) => id),
    observedAt: inventory.observedAt,
  };
}
