import { modifyCommand, rotateCommand, startCommand } from "../model/aws-cli.ts";
import { type ClassifiedDatabase, describeDatabase, isStopped, resourceType } from "../model/database.ts";
import { type Finding, isPass, type Severity, type Status } from "../model/finding.ts";
import type { Gap, Target } from "../model/inventory.ts";
import type { Policy } from "../model/policy.ts";
import { type ConfirmingAction, fill, type Message, type Rule, type RuleContext, type Verdict } from "../model/rule.ts";
import { classify } from "./classify.ts";
import { exemptionOf } from "./exempt.ts";
import { findOwner } from "./find-owner.ts";
import { classificationContextOf, createRuleContext } from "./rule-context.ts";

/** The result of one rule on one database. Its text is rendered only when needed, because most results are passes. */
export type RuleResult = {
  readonly rule: Rule;
  readonly verdict: Verdict;
  readonly message: Message;
  /** Set if the rule threw: a defect in the program, never a pass. */
  readonly crash: Error | null;
};

/** A rule result with its text. */
export type Judgment = Readonly<Pick<Finding, "rule" | "severity" | "message" | "evidence">> & {
  readonly status: Status;
  /** Null if no action is needed. */
  readonly remediation: string | null;
};

/** True if the policy turns a rule off, or does not turn on one that is off by default. */
export function isOff({ id, offByDefault }: Pick<Rule, "id" | "offByDefault">, policy: Policy): boolean {
  return policy.rulesOff.includes(id) || (offByDefault === true && !policy.rulesOn.includes(id));
}

/** The rules that are on under the policy. */
export function activeRules(rules: readonly Rule[], policy: Policy): readonly Rule[] {
  return rules.filter((rule) => !isOff(rule, policy));
}

const crashed: Message = {
  status: "INSUFFICIENT_DATA",
  text: "The rule {rule} failed on {database}: {error}.",
  remedy: "This is a defect in rds-password-audit. Report it with this message.",
};

/** Applies one rule to one database. A rule that throws yields INSUFFICIENT_DATA. */
export function applyRule(rule: Rule, database: ClassifiedDatabase, context: RuleContext): RuleResult {
  try {
    const verdict = rule.check(database, context);
    const message = rule.messages[verdict.messageId];
    if (message === undefined) throw new Error(`it has no message "${verdict.messageId}"`);
    return { rule, verdict, message, crash: null };
  } catch (error) {
    const crash = error instanceof Error ? error : new Error(String(error));
    const verdict = { messageId: "crashed", data: { rule: rule.id, error: crash.message } };
    return { rule, verdict, message: crashed, crash };
  }
}

/** IAM actions to call on the secret before the result is reported. */
export function confirmationsOf({ message }: Pick<RuleResult, "message">): readonly ConfirmingAction[] {
  return message.confirm ?? [];
}

/** Renders the text of a rule result and adds its severity. */
export function renderJudgment(
  { rule, verdict, message }: Omit<RuleResult, "crash">,
  database: ClassifiedDatabase,
  policy: Policy,
): Judgment {
  const data = {
    ...verdict.data,
    database: describeDatabase(database),
    modify: modifyCommand(database),
    rotate: rotateCommand(database),
    region: database.region,
  };
  const evidence = { ...verdict.evidence } as Finding["evidence"];
  if (message.status === "INSUFFICIENT_DATA" && verdict.data?.why !== undefined) evidence.notSeen = verdict.data.why;
  const text = fill(message.text, data);
  return {
    rule: rule.id,
    severity: severityOf(rule.id, policy, [rule]),
    status: message.status,
    message: text.charAt(0).toUpperCase() + text.slice(1),
    remediation: "remedy" in message ? adviseOn(database, message, fill(message.remedy, data)) : null,
    evidence,
  };
}

/** The remedy, as far as RDS accepts it in the database's status. */
function adviseOn(database: ClassifiedDatabase, { modifiesDatabase }: Message, remedy: string): string {
  if (database.status === "deleting") return `Take no action: ${describeDatabase(database)} is being deleted.`;
  if (!modifiesDatabase || !isStopped(database)) return remedy;
  return `Start the database first, because RDS does not modify a stopped one: ${startCommand(database)}. ${remedy}`;
}

/** The severity of a rule's findings: the policy's, else the rule's own, else `high` if the rule no longer exists. */
export function severityOf(id: string, { severities }: Policy, rules: readonly Rule[]): Severity {
  return severities[id] ?? rules.find((rule) => rule.id === id)?.severity ?? "high";
}

/** Applies one rule to one database and renders the result. */
export function judge(rule: Rule, database: ClassifiedDatabase, context: RuleContext, policy: Policy): Judgment {
  return renderJudgment(applyRule(rule, database, context), database, policy);
}

/** Yields each database of a target, classified, with its rule context. */
export function* prepare(target: Target, policy: Policy, now: string) {
  const classificationContext = classificationContextOf(target, policy);
  const contextOf = createRuleContext(target, policy, now);
  for (const each of target.databases) {
    const database = classify(each, classificationContext);
    yield { database, context: contextOf(database) };
  }
}

/** Applies every active rule to every database of a target. `crashes` has a gap for each rule that crashed. */
export function judgeTarget(target: Target, policy: Policy, rules: readonly Rule[], now: string) {
  const databases: ClassifiedDatabase[] = [];
  const findings: Finding[] = [];
  const crashes: Gap[] = [];
  const active = activeRules(rules, policy);
  for (const { database, context } of prepare(target, policy, now)) {
    databases.push(database);
    for (const rule of active) {
      const result = applyRule(rule, database, context);
      if (isPass(result.message.status)) continue;
      if (result.crash !== null) crashes.push(toGap(result.crash, rule, database));
      const finding = toFinding(renderJudgment(result, database, policy), database, policy, now);
      if (finding !== null) findings.push(finding);
    }
  }
  return { databases, findings, crashes };
}

function toGap(crash: Error, rule: Rule, { account, region, arn }: ClassifiedDatabase): Gap {
  return { account, region, action: `rule:${rule.id}`, code: crash.name, message: crash.message, resource: arn };
}

/** Turns a judgment into a finding; null for a pass. Applies exemptions. */
export function toFinding(judged: Judgment, database: ClassifiedDatabase, policy: Policy, now: string): Finding | null {
  const { rule, severity, status, message, evidence, remediation } = judged;
  if (isPass(status)) return null;
  const { active, ended, ignored } = exemptionOf(database, rule, policy, now);
  const { arn, identifier, resourceId, account, region } = database;
  return {
    id: `${rule}/${arn}`,
    rule,
    status,
    severity,
    resource: { arn, type: resourceType(database), identifier, resourceId },
    account,
    region,
    owner: findOwner(database, policy),
    message: ended === null ? message : `${message} Its exemption ended on ${ended.until}.`,
    evidence: ignored === null ? evidence : { ...evidence, exemptionIgnored: ignored },
    remediation: remediation ?? "",
    exemption: active,
    endedExemption: ended,
    firstSeenAt: now,
  };
}
