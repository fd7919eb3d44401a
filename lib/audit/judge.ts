import { modifyCommand, rotateCommand } from "../model/aws-cli.ts";
import type { ClassifiedDatabase } from "../model/database.ts";
import { describeDatabase, resourceType } from "../model/database.ts";
import { type Finding, isPass, type Severity, type Status } from "../model/finding.ts";
import type { Gap, Target } from "../model/inventory.ts";
import type { Policy } from "../model/policy.ts";
import type { ConfirmingAction, Message, Rule, RuleContext, Verdict } from "../model/rule.ts";
import { fill } from "../model/rule.ts";
import { classify } from "./classify.ts";
import { exemptionOf } from "./exempt.ts";
import { classificationContextOf, createRuleContext } from "./rule-context.ts";

/** What a rule answered, not yet in words: most answers are passes, and nobody reads them. */
export type Answer = {
  readonly rule: Rule;
  readonly verdict: Verdict;
  readonly message: Message;
  /** Set where the rule crashed: an error in the program, never a pass. */
  readonly crash: Error | null;
};

/** What a rule says of a database, in words. */
export type Judgement = {
  readonly rule: string;
  readonly severity: Severity;
  readonly status: Status;
  readonly message: string;
  /** Null where nothing is to be done. */
  readonly remediation: string | null;
  readonly evidence: Finding["evidence"];
};

/** A target that was judged: its databases, what is wrong or unknown about them, and the rules that crashed. */
export type JudgedTarget = {
  readonly databases: readonly ClassifiedDatabase[];
  readonly findings: readonly Finding[];
  readonly crashes: readonly Gap[];
};

/** The rules that the policy leaves on. */
export function activeRules(rules: readonly Rule[], policy: Policy): readonly Rule[] {
  return rules.filter(({ id }) => !policy.rulesOff.includes(id));
}

const crashed: Message = {
  status: "INSUFFICIENT_DATA",
  text: "The rule {rule} failed on {database}: {error}.",
  remedy: "This is an error in the program: please report it with this message.",
};

/** Asks one rule about one database. A rule that throws has not passed. */
export function ask(rule: Rule, database: ClassifiedDatabase, context: RuleContext): Answer {
  try {
    const verdict = rule.check(database, context);
    const message = rule.messages[verdict.messageId];
    if (message === undefined) throw new Error(`it has no message "${verdict.messageId}"`);
    return { rule, verdict, message, crash: null };
  } catch (error) {
    const crash = error instanceof Error ? error : new Error(String(error));
    return {
      rule,
      verdict: { messageId: "crashed", data: { rule: rule.id, error: crash.message } },
      message: crashed,
      crash,
    };
  }
}

/** What has to be asked of the secret before an answer may be given. */
export function confirmationsOf({ message }: Answer): readonly ConfirmingAction[] {
  return message.confirm ?? [];
}

/** Puts an answer in words. */
export function word({ rule, verdict, message }: Answer, database: ClassifiedDatabase, policy: Policy): Judgement {
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
    remediation: "remedy" in message ? fill(message.remedy, data) : null,
    evidence,
  };
}

/** How severe a rule's findings are, as the policy has it or else the rule; high where there is no such rule any more. */
export function severityOf(id: string, { severities }: Policy, rules: readonly Rule[]): Severity {
  return severities[id] ?? rules.find((rule) => rule.id === id)?.severity ?? "high";
}

/** One rule's word on one database. */
export function judge(rule: Rule, database: ClassifiedDatabase, context: RuleContext, policy: Policy): Judgement {
  return word(ask(rule, database, context), database, policy);
}

/** A target's databases, each classified and with its context. */
export function* prepare(target: Target, policy: Policy, now: string) {
  const classificationContext = classificationContextOf(target, policy);
  const contextOf = createRuleContext(target, policy, now);
  for (const each of target.databases) {
    const database = classify(each, classificationContext);
    yield { database, context: contextOf(database) };
  }
}

/** Judges every database of a target by every active rule. */
export function judgeTarget(target: Target, policy: Policy, rules: readonly Rule[], now: string): JudgedTarget {
  const databases: ClassifiedDatabase[] = [];
  const findings: Finding[] = [];
  const crashes: Gap[] = [];
  const active = activeRules(rules, policy);
  for (const { database, context } of prepare(target, policy, now)) {
    databases.push(database);
    for (const rule of active) {
      const answer = ask(rule, database, context);
      if (isPass(answer.message.status)) continue;
      if (answer.crash !== null) crashes.push(toGap(answer.crash, rule, database));
      const finding = toFinding(word(answer, database, policy), database, policy, now);
      if (finding !== null) findings.push(finding);
    }
  }
  return { databases, findings, crashes };
}

function toGap(crash: Error, rule: Rule, { account, region, arn }: ClassifiedDatabase): Gap {
  return { account, region, action: `rule:${rule.id}`, code: crash.name, message: crash.message, resource: arn };
}

/** The finding that a judgement is, or null for a pass. */
export function toFinding(
  judgement: Judgement,
  database: ClassifiedDatabase,
  policy: Policy,
  now: string,
): Finding | null {
  const { rule, severity, status, remediation } = judgement;
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
    message: ended === null ? judgement.message : `${judgement.message} Its exemption ended on ${ended.until}.`,
    evidence: ignored === null ? judgement.evidence : { ...judgement.evidence, exemptionIgnored: ignored },
    remediation: remediation ?? "",
    exemption: active,
    endedExemption: ended,
    firstSeenAt: now,
  };
}
