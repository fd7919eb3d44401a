import { type Command, Option } from "commander";
import { reasons } from "../../lib/audit/classify.ts";
import { activeRules, applyRule, prepare, renderJudgment, toFinding } from "../../lib/audit/judge.ts";
import { observeDatabase } from "../../lib/collect/observe-database.ts";
import type { ClassifiedDatabase } from "../../lib/model/database.ts";
import { AwsCallError, UsageError } from "../../lib/model/errors.ts";
import { gatesByName } from "../../lib/model/gates.ts";
import type { Inventory } from "../../lib/model/inventory.ts";
import { nearest, suggest } from "../../lib/model/nearest.ts";
import type { Plan } from "../../lib/model/plan.ts";
import type { Policy } from "../../lib/model/policy.ts";
import type { RemediationState } from "../../lib/model/remediation-state.ts";
import type { RuleContext, Verdict } from "../../lib/model/rule.ts";
import { findChange } from "../../lib/patches/changes.ts";
import { type Patch, placeholders, type Tool, tools } from "../../lib/patches/patch.ts";
import { makePlan } from "../../lib/plan/make-plan.ts";
import { passwordRule } from "../../lib/prevent/templates/password-rule.ts";
import { type DatabaseDetails, explainDatabase } from "../../lib/report/terminal/explain-database.ts";
import { explainRuleChanges } from "../../lib/report/terminal/rule-changes.ts";
import { explainRule } from "../../lib/report/terminal/rules.ts";
import { makePrintable } from "../../lib/report/text/printable.ts";
import { policyRuleIds, rules } from "../../rules/index.ts";
import { exitStatus } from "../exit-status.ts";
import { type OpenInventory, openDatabases } from "../input/connect-databases.ts";
import { type Found, findDatabase, listUnread, namingDatabases } from "../input/find-database.ts";
import { readInventory } from "../input/inventory-file.ts";
import { oneOf } from "../input/option-values.ts";
import { readPolicy } from "../input/policy-file.ts";
import { addSourceOptions, checkSource, openSourceOf, type SourceOptions } from "../input/source.ts";
import { type Io, write } from "../io.ts";
import { terminalOf } from "../output/terminal.ts";
import type { RequestedDatabase } from "../repairs/repair-target.ts";
import { addStateOption, openStateOf, type StateOptions } from "../repairs/state-option.ts";
import { assumptions } from "./plan.ts";
import { toEntry } from "./rules.ts";

const examples = `
${namingDatabases}

Examples:
  rds-password-audit explain secret-not-impaired
  rds-password-audit explain orders --region eu-west-1
  rds-password-audit explain arn:aws:rds:eu-west-1:123456789012:cluster:ledger --policy policy.yaml
  rds-password-audit explain orders --from monday.json
  rds-password-audit explain orders --region eu-west-1 --tool terraform`;

type ExplainOptions = SourceOptions & StateOptions & { readonly tool?: Tool };

/** `explain`: describes one rule, or one database and its verdicts. */
export function addExplain(program: Command, io: Io, end: (status: number) => void): void {
  addStateOption(
    addSourceOptions(
      program
        .command("explain")
        .description("explain a rule, or the findings on a database: what is checked, why, and what to do")
        .argument("<rule-or-database>"),
    ),
  )
    .addOption(
      new Option("--tool <tool>", `show the change step by step with a tool: ${tools.join(", ")}`).argParser(
        oneOf("--tool", tools),
      ),
    )
    .addHelpText("after", examples)
    .action(async (name: string, options: ExplainOptions) => end(await explain(name, options, io)));
}

async function explain(name: string, options: ExplainOptions, io: Io): Promise<number> {
  checkSource(options);
  const policy = await readPolicy(options.policy);
  const rule = [...rules, passwordRule].find(({ id }) => id === name);
  const terminal = terminalOf(io.stdout, io);
  const text =
    rule === undefined
      ? explainDatabase(await findPage(name, options, policy, io), terminal)
      : options.tool === undefined
        ? explainRule(toEntry(rule, policy), terminal)
        : explainRuleChanges(rule, options.tool, terminal);
  await write(io.stdout, text);
  return exitStatus.clean;
}

async function findPage(name: string, options: ExplainOptions, policy: Policy, io: Io): Promise<DatabaseDetails> {
  const asksForDatabase = [options.from, options.region, options.allRegions, options.profile].some(
    (one) => one !== undefined,
  );
  if (!asksForDatabase && nearest(name, policyRuleIds) !== null)
    throw new UsageError(
      `"${name}" is not a known rule${suggest(name, policyRuleIds)}; for a database of that name, give its ARN or --region.`,
    );
  const { value: state } = await (await openStateOf(options, io)).read();
  const { inventory, connect } = await open(name, options, policy, io);
  const found = findDatabase(name, inventory, { what: "neither a rule nor a database", names: policyRuleIds });
  const unread = listUnread(name, found, inventory);
  if (unread !== null)
    await write(io.stderr, `Another database may be called "${name}": ${makePrintable(unread)} could not be read.\n`);
  const [connected] = await connect([found]);
  const observed = connected === undefined ? inventory : await observeAgain(connected, inventory, policy);
  return toPage(found, inventory, policy, planFor(found, observed, policy, state), options.tool ?? null);
}

/** Reads AWS, or the saved inventory, which connects to nothing. */
async function open(name: string, options: ExplainOptions, policy: Policy, io: Io): Promise<OpenInventory> {
  if (options.from !== undefined) return { inventory: await readInventory(options.from, io), connect: async () => [] };
  return openDatabases(await openSourceOf([name], options, policy, io), policy, io);
}

/** Reads the database with everything that its gates depend on. Without it, gates that need more data are closed. */
async function observeAgain(
  { port, database }: RequestedDatabase,
  inventory: Inventory,
  policy: Policy,
): Promise<Inventory> {
  try {
    return (await observeDatabase(port, database, { policy, rules, now: inventory.observedAt })).inventory;
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    return inventory;
  }
}

/** The plan for one database, with the gates that `plan` shows. */
function planFor({ database }: Found, inventory: Inventory, policy: Policy, state: RemediationState): Plan {
  const options = { policy, rules, state, now: inventory.observedAt, isEnabled: false, assumptions };
  return makePlan(inventory, { ...options, only: new Set([database.arn]) });
}

function toPage(
  { target, database: { arn } }: Found,
  inventory: Inventory,
  policy: Policy,
  plan: Plan,
  tool: Tool | null,
): DatabaseDetails {
  const prepared = [...prepare(target, policy, inventory.observedAt)].find(({ database }) => database.arn === arn);
  if (prepared === undefined) throw new Error(`${arn} is in the inventory, but was not prepared`);
  const { database, context } = prepared;
  const reason = reasons.find(({ code }) => code === database.reason);
  return {
    database,
    source: reason === undefined ? null : `${reason.source} (as of ${reason.asOf})`,
    verdicts: activeRules(rules, policy).map((rule) => {
      const result = applyRule(rule, database, context);
      const judgment = renderJudgment(result, database, policy);
      const finding = toFinding(judgment, database, policy, inventory.observedAt);
      const { rule: id, severity, status, message, remediation, evidence } = judgment;
      const planned = plan.actions.find((one) => one.rule === id) ?? null;
      const manual = plan.manual.find((one) => one.rule === id) ?? null;
      return {
        ...{ rule: id, severity, status, message, remediation, planned, manual },
        evidence: finding?.evidence ?? evidence,
        exemption: finding?.exemption ?? null,
        endedExemption: finding?.endedExemption ?? null,
        patch: tool === null ? null : toPatch(tool, id, result.verdict, { database, context, planned, manual }),
      };
    }),
    ...{ tool, rulesOff: policy.rulesOff },
    observedAt: inventory.observedAt,
  };
}

type Planned = Pick<DatabaseDetails["verdicts"][number], "planned" | "manual">;

/** The change for a verdict; null if there is none, if a person must not make it now, and for the AWS CLI if the plan has the commands. */
function toPatch(
  tool: Tool,
  rule: string,
  { messageId, data }: Verdict,
  { database, context, planned, manual }: Planned & { database: ClassifiedDatabase; context: RuleContext },
): Patch | null {
  const change = findChange(rule, messageId);
  const isBlocked =
    planned?.gates.some(({ gate, open }) => !open && gatesByName[gate].blocksManual) === true ||
    (planned !== null && manual?.awsCli.length === 0);
  if (change === null || isBlocked || (tool === "aws-cli" && manual !== null && manual.awsCli.length > 0)) return null;
  const { kind, region, identifier, masterUserSecret } = database;
  const { arn } = context.secretKey.arn.seen ? context.secretKey : context.rdsKey;
  return change[tool]({
    ...placeholders,
    ...{ kind, region, identifier, key: planned?.keyReference ?? null },
    secretArn: masterUserSecret?.secretArn ?? placeholders.secretArn,
    presentKey: (arn.seen ? arn.value : null) ?? placeholders.presentKey,
    days: Number(data?.limit ?? placeholders.days),
  });
}
