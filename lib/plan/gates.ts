import { weigh } from "../audit/classify.ts";
import { matches } from "../audit/match.ts";
import { classificationContextOf, describeGap } from "../audit/rule-context.ts";
import { type ActionName, permissionFor } from "../model/action.ts";
import { unreplicateCommand } from "../model/aws-cli.ts";
import { type ClassifiedDatabase, toggleTagKey } from "../model/database.ts";
import type { Exemption } from "../model/finding.ts";
import type { Target } from "../model/inventory.ts";
import { isUsableKeyState, type Key } from "../model/key.ts";
import type { GateResult } from "../model/plan.ts";
import type { Policy } from "../model/policy.ts";
import type { RemediationState, Running } from "../model/remediation-state.ts";
import type { Fact, RuleContext } from "../model/rule.ts";
import { hoursBetween } from "../model/time.ts";
import { ownToggleTagOf } from "../model/toggle-marker.ts";
import { isOpen, nextOpening } from "../model/window.ts";
import type { KeyChoice } from "./choose-key.ts";
import { liveIn } from "./remediation-state.ts";

/** All that decides whether an action may be begun. Data only. */
export type Circumstances = {
  readonly action: ActionName;
  readonly database: ClassifiedDatabase;
  readonly context: RuleContext;
  readonly target: Target;
  readonly policy: Policy;
  readonly exemption: Exemption | null;
  readonly key: KeyChoice;
  readonly state: RemediationState;
  /** ISO 8601. */
  readonly now: string;
  /** Whether this deployment, or the person at this terminal, wants anything changed at all. */
  readonly isEnabled: boolean;
  /** Whose gates these are: what an execution has entered of itself does not stand in its way. */
  readonly execution: string | null;
  /** Who approved the action; null where nobody was asked yet. */
  readonly approvedBy: string | null;
  /** What would be begun on this database before; null where this comes first. */
  readonly ahead: string | null;
  /** What may be begun before it in the same account and Region, as in "toggle of DB instance orders". */
  readonly plannedBefore: readonly string[];
};

type GateVerdict = {
  readonly open: boolean;
  readonly reason: string;
  /** Where a person must not do it either, or cannot: why, and what has to be settled first. */
  readonly byHand?: string;
};

/** A condition of an action. */
type Gate = {
  readonly name: string;
  /** The actions that it is for. */
  readonly of: readonly ActionName[];
  /** What opens it when it is closed: time, somebody's word, or somebody's work on the database or the policy. */
  readonly opensBy: "time" | "approval" | "work";
  readonly evaluate: (circumstances: Circumstances) => GateVerdict;
};

const open = (reason: string): GateVerdict => ({ open: true, reason });
const closed = (reason: string): GateVerdict => ({ open: false, reason });
/** What was not seen is no reason to go on. */
const unknown = (what: string, why: string): GateVerdict =>
  closed(`${what} cannot be told (${why}): allow that call, and look again`);
/** A person must not do it either. */
const blockManual = (verdict: GateVerdict, byHand = verdict.reason): GateVerdict => ({ ...verdict, byHand });
/** Whoever turned management off would have no way back. Other actions turn nothing off. */
const blockManualToggle = (action: ActionName, verdict: GateVerdict, byHand = verdict.reason): GateVerdict =>
  action === "toggle" ? blockManual(verdict, byHand) : verdict;

const every: readonly ActionName[] = ["schedule-rotation", "rotate", "toggle", "enable", "finish-interrupted"];
/** What is begun. An interrupted toggle was begun already: that it is finished must not wait for anything. */
const startable: readonly ActionName[] = ["schedule-rotation", "rotate", "toggle", "enable"];
const passwordChanges: readonly ActionName[] = ["rotate", "toggle", "enable"];
const newSecrets: readonly ActionName[] = ["toggle", "enable"];

/** Every condition there is, in the order in which they are said. */
const gates: readonly Gate[] = [
  {
    name: "enabled",
    of: every,
    opensBy: "work",
    evaluate: ({ isEnabled }) =>
      isEnabled
        ? open("remediation is on")
        : closed(
            'remediation is off: deploy with the parameter remediation "on", or at a terminal run remediate --apply',
          ),
  },
  {
    name: "allowed",
    of: every,
    opensBy: "work",
    evaluate: ({ action, policy }) => {
      const permission = permissionFor(action);
      return policy.remediation.allow.includes(permission)
        ? open(`the policy allows ${permission}`)
        : closed(`the policy does not allow ${permission}: add it to remediation.allow`);
    },
  },
  {
    name: "opted-in",
    of: every,
    opensBy: "work",
    evaluate: ({ database, policy }) =>
      policy.remediation.optIn.some((match) => matches(match, database))
        ? open("an entry of remediation.optIn matches the database")
        : closed("the database is not opted in: add an entry that matches it to remediation.optIn"),
  },
  { name: "eligible", of: every, opensBy: "work", evaluate: isEligible },
  {
    name: "not-exempt",
    of: startable,
    opensBy: "work",
    evaluate: ({ exemption }) =>
      exemption === null
        ? open("the finding is not exempt")
        : closed(
            `${exemption.owner} has exempted it until ${exemption.until} (${exemption.reason}): end the exemption`,
          ),
  },
  {
    name: "first-in-line",
    of: startable,
    opensBy: "time",
    evaluate: ({ ahead }) =>
      ahead === null
        ? open("nothing else is to be done on the database first")
        : closed(`${ahead} comes first on this database: wait until that is done`),
  },
  {
    name: "not-running",
    of: every,
    opensBy: "time",
    evaluate: ({ action, database, state, now, execution }) => {
      const other = liveIn(state, now).find((one) => one.arn === database.arn && one.execution !== execution);
      if (other !== undefined)
        return closed(
          `the execution ${other.execution} has been at work on it since ${other.since}: wait until it ends`,
        );
      const toggleTag = ownToggleTagOf(database);
      const isForeign = toggleTag !== null && toggleTag.marker?.execution !== execution;
      return isForeign && action !== "finish-interrupted"
        ? closed(
            `its tag ${toggleTagKey} says that a toggle was begun (${toggleTag.text}): finish that first, with finish-interrupted`,
          )
        : open("no execution is at work on it");
    },
  },
  { name: "status-available", of: startable, opensBy: "work", evaluate: isAvailable },
  {
    name: "nothing-pending",
    of: startable,
    opensBy: "work",
    evaluate: ({ database: { pendingChanges } }) =>
      pendingChanges.length === 0
        ? open("no modification is pending")
        : closed(
            `${pendingChanges.join(", ")} ${pendingChanges.length === 1 ? "is" : "are"} pending, and would be applied at once together with it: wait until nothing is pending, or take it back`,
          ),
  },
  {
    name: "no-blue-green-deployment",
    of: startable,
    opensBy: "work",
    evaluate: ({ action, target, database, policy }) => {
      const { arns, gap } = classificationContextOf(target, policy).blueGreenDatabases;
      if (arns.has(database.arn))
        return blockManualToggle(
          action,
          closed("a blue/green deployment of it is active: switch it over, or delete it"),
          "while a blue/green deployment of it is active RDS could not turn management on again: switch it over, or delete it",
        );
      return gap === null
        ? open("no blue/green deployment of it is active")
        : blockManualToggle(action, unknown("whether a blue/green deployment of it is active", gap));
    },
  },
  {
    name: "no-replicas",
    of: newSecrets,
    opensBy: "work",
    evaluate: ({ database: { engine, replicas } }) => {
      if (replicas.length === 0) return open("it has no read replicas");
      if (engine.startsWith("sqlserver"))
        return open("read replicas of SQL Server go together with a managed password");
      return closed(
        `it has read replicas (${replicas.join(", ")}), and RDS makes no new ones while it manages the password: promote or delete them, or do it by hand`,
      );
    },
  },
  {
    name: "secret-not-replicated",
    of: ["toggle"],
    opensBy: "work",
    evaluate: ({ context: { secret }, database }) => {
      const what = "whether the secret is replicated to other Regions";
      if (!secret.seen) return unknown(what, secret.why);
      const { value } = secret;
      if (value === null || value.replicaRegions === null)
        return unknown(what, "secretsmanager:DescribeSecret did not say");
      const regions = value.replicaRegions;
      if (regions.length === 0) return open("the secret is not replicated to other Regions");
      return closed(
        `the secret is replicated to ${regions.join(", ")}, and RDS would leave management on without a word: end the replication with ${unreplicateCommand(database, value, regions)}`,
      );
    },
  },
  {
    name: "no-proxy",
    of: ["toggle"],
    opensBy: "work",
    evaluate: ({ target, database: { masterUserSecret } }) => {
      const what = "whether an RDS Proxy logs in with the secret";
      const gap = target.gaps.find(({ action }) => action === "rds:DescribeDBProxies");
      if (gap !== undefined) return unknown(what, describeGap(gap));
      if (target.proxies === null) return unknown(what, "rds:DescribeDBProxies was not read");
      const users = target.proxies.filter(({ secretArns }) =>
        secretArns.some((arn) => arn === masterUserSecret?.secretArn),
      );
      if (users.length === 0) return open("no RDS Proxy logs in with the secret");
      const names = users.map(({ name }) => name).join(", ");
      return blockManual(
        closed(`RDS Proxy ${names} logs in with the secret, which would be gone: give the proxy another secret first`),
      );
    },
  },
  {
    name: "not-stack-owned",
    of: newSecrets,
    opensBy: "work",
    evaluate: ({ database: { tags }, policy }) => {
      const stack = tags["aws:cloudformation:stack-name"];
      if (stack === undefined) return open("no CloudFormation stack owns it");
      if (policy.remediation.stackOwned === "allow")
        return open(`the policy allows it although the stack ${stack} owns it`);
      return closed(
        `the CloudFormation stack ${stack} owns it, and its template would not know: change the template instead, or set remediation.stackOwned to allow`,
      );
    },
  },
  { name: "key-usable", of: startable, opensBy: "work", evaluate: isKeyUsable },
  {
    name: "in-window",
    of: passwordChanges,
    opensBy: "time",
    evaluate: ({ database, policy, now }) => {
      const windows = windowsOf(database, policy);
      if (windows === "any-time") return open("the policy allows it at any time");
      const name = `the window ${windows.join(", ")} (UTC)`;
      if (isOpen(windows, now)) return open(`${name} is open`);
      const opensAt = nextOpening(windows, now);
      return opensAt === null
        ? closed("RDS names no maintenance window for it: name one in remediation.window")
        : closed(`${name} is not open: wait until ${opensAt}`);
    },
  },
  { name: "within-budget", of: startable, opensBy: "time", evaluate: isWithinBudget },
  {
    name: "cooled-down",
    of: startable,
    opensBy: "time",
    evaluate: ({ database, state, policy, now }) => {
      const hours = policy.remediation.coolDownHours;
      const last = state.attempts.findLast(({ arn }) => arn === database.arn);
      if (last === undefined || hoursBetween(last.endedAt, now) >= hours)
        return open("nothing was tried on the database lately");
      const until = new Date(Date.parse(last.endedAt) + hours * 3_600_000).toISOString();
      return closed(`${last.action} was tried on the database until ${last.endedAt}: wait until ${until}`);
    },
  },
  {
    name: "not-stopped",
    of: startable,
    opensBy: "work",
    evaluate: ({ state: { stopped } }) =>
      stopped === null
        ? open("nothing has stopped remediation")
        : closed(
            `remediation was stopped at ${stopped.at} by ${stopped.by} (${stopped.why}): when that is settled, run rds-password-audit resume`,
          ),
  },
  {
    name: "approved",
    of: startable,
    opensBy: "approval",
    evaluate: ({ action, policy, approvedBy }) => {
      if (approvedBy !== null) return open(`approved by ${approvedBy}`);
      return policy.remediation.approval.some((one) => one === action)
        ? closed("a person has to approve it, and is asked when nothing but time is in the way")
        : open("the policy asks for no approval");
    },
  },
];

/** Every gate of an action, open or closed. One that cannot be looked at is closed. */
export function evaluateGates(circumstances: Circumstances): readonly GateResult[] {
  return gatesOf(circumstances).map((gate) => {
    const { open, reason } = evaluateGate(gate, circumstances);
    return { gate: gate.name, open, reason };
  });
}

/** Why a person must not do an action either, or cannot, and what has to be settled first; null where only the service does not do it. */
export function findManualBlocker(circumstances: Circumstances): string | null {
  const verdicts = gatesOf(circumstances).map((gate) => evaluateGate(gate, circumstances));
  return verdicts.find(({ byHand }) => byHand !== undefined)?.byHand ?? null;
}

function gatesOf({ action }: Circumstances): readonly Gate[] {
  return gates.filter(({ of: actions }) => actions.includes(action));
}

function evaluateGate({ evaluate }: Gate, circumstances: Circumstances): GateVerdict {
  try {
    return evaluate(circumstances);
  } catch (error) {
    const why = error instanceof Error ? error.message : typeof error;
    return closed(`it could not be looked at (${why}), so it counts as closed: report this`);
  }
}

/** The names of all gates, in their order. */
export const gateNames: readonly string[] = gates.map(({ name }) => name);

/** What a closed gate waits for. */
export function opensBy({ gate }: Pick<GateResult, "gate">): Gate["opensBy"] {
  return gates.find(({ name }) => name === gate)?.opensBy ?? "work";
}

/** The windows of a database by the policy: its own maintenance window, those that the policy names, or any time. */
export function windowsOf({ maintenanceWindow }: ClassifiedDatabase, policy: Policy): readonly string[] | "any-time" {
  const { window } = policy.remediation;
  if (window.includes("any-time")) return "any-time";
  return window.flatMap((one) => (one === "maintenance" ? (maintenanceWindow ?? []) : one));
}

/** Whether AWS can manage the password at all, and whether it does so as the action takes for granted. */
function isEligible({ action, database, context: { secret }, target, policy }: Circumstances): GateVerdict {
  if (database.management !== "managed" && database.management !== "unmanaged")
    return closed(`nothing can be done on it: ${database.explanation ?? `it is ${database.management}`}`);
  const unmanaged = { ...database, masterUserSecret: null };
  const { reason, doubts } = weigh(unmanaged, classificationContextOf(target, policy));
  if (reason !== null && reason.code !== "blue-green-deployment")
    return blockManualToggle(
      action,
      closed(`RDS could not turn management on: ${reason.explanation}`),
      `RDS could not turn management on again (${reason.explanation}): change that first`,
    );
  const doubt = doubts.find((one) => !one.startsWith("rds:DescribeBlueGreenDeployments"));
  // What is off is not left off because something could not be read: RDS itself refuses what it does not support.
  if (action === "finish-interrupted" && database.management === "unmanaged")
    return open(doubt === undefined ? "RDS can manage its password" : `RDS is asked, because ${doubt}`);
  if (doubt !== undefined) return blockManualToggle(action, unknown("whether RDS could turn management on", doubt));
  // Where management is on, it has to be told whether its secret is the old one or a new one.
  if (action === "finish-interrupted" && !secret.seen)
    return unknown("whether the secret was made before the toggle or by it", secret.why);
  if (action === "finish-interrupted") return open("RDS can manage its password");
  if (action === "enable")
    return database.management === "unmanaged"
      ? open("RDS can manage its password")
      : closed("RDS manages its password already: there is nothing to enable");
  if (database.management !== "managed") return closed("RDS does not manage its password: enable that first");
  if (!secret.seen) return blockManualToggle(action, unknown("whether the secret is its own", secret.why));
  if (secret.value === null)
    return closed("the secret that RDS names does not exist: turn management off and on by hand");
  const { deletedAt, owningService, primaryArns } = secret.value;
  if (deletedAt !== null)
    return closed(`the secret has been scheduled for deletion since ${deletedAt}: restore it first`);
  // The secret of a tenant database names the instance that contains it.
  if (owningService !== "rds" || !primaryArns.some((arn) => arn === database.arn || arn === database.containerArn))
    return blockManual(
      closed("the secret that RDS names was not made for this database: find out whose it is"),
      "the secret that RDS names was not made for this database, and may be another one's, which would be locked out: find out whose it is",
    );
  return open("RDS manages its password, and the secret is its own");
}

function isAvailable({ database, target }: Circumstances): GateVerdict {
  const { containerArn, masterUserSecret } = database;
  const container = containerArn === null ? database : target.databases.find(({ arn }) => arn === containerArn);
  if (container === undefined) return unknown("whether its container is available", "rds:DescribeDBInstances lacks it");
  for (const { status, identifier } of [database, container])
    if (status !== "available") return closed(`${identifier} is ${status}: wait until it is available, or make it so`);
  const secretStatus = masterUserSecret === null ? "active" : masterUserSecret.status;
  if (secretStatus === "active" || secretStatus === "impaired") return open("it is available");
  return closed(`its secret is ${secretStatus ?? "in a state that RDS does not name"}: wait until it is active`);
}

function isKeyUsable({ action, context, key, target }: Circumstances): GateVerdict {
  if (action === "schedule-rotation" || action === "rotate") return isPresentKeyUsable(context);
  if ("problem" in key) return blockManualToggle(action, closed(key.problem));
  const { reference } = key;
  if (reference === null) return open("the default key, aws/secretsmanager, can be used by all of the account");
  const obstacle = obstacleOf(reference, key.key);
  if (obstacle !== null) return canBeEnabled(key.key) ? obstacle : blockManualToggle(action, obstacle);
  const what = `whether this role may use the key ${reference}`;
  const gap = target.gaps.find(({ action, resource }) => action === "kms:GenerateDataKey" && resource === reference);
  if (gap !== undefined) return unknown(what, describeGap(gap));
  const trial = target.keyTrials.find(({ keyArn }) => keyArn === reference);
  if (trial === undefined) return unknown(what, "kms:GenerateDataKey was not tried");
  return trial.refusal === null
    ? open(`the key ${reference} is enabled, and this role may use it`)
    : closed(
        `this role may not use the key ${reference} (${trial.refusal}): let its key policy allow the role kms:GenerateDataKey, kms:Decrypt and kms:CreateGrant`,
      );
}

function isPresentKeyUsable({ rdsKey, secretKey }: RuleContext): GateVerdict {
  for (const { arn, key } of [rdsKey, secretKey]) {
    const obstacle = obstacleOf(arn.seen ? (arn.value ?? "of the secret") : "of the secret", key);
    if (obstacle !== null) return obstacle;
  }
  return open("the secret's key is enabled");
}

/** Whether a key that is in the way may be usable for a person, or can be made so with a command. */
function canBeEnabled(key: Fact<Key>): boolean {
  return !key.seen || key.value?.state === "Disabled" || key.value?.state === "PendingDeletion";
}

/** Null for a key that is enabled. */
function obstacleOf(name: string, key: Fact<Key>): GateVerdict | null {
  if (!key.seen) return unknown(`whether the key ${name} is enabled`, key.why);
  if (key.value === null) return closed(`the key ${name} does not exist: name another under keys in the policy`);
  const { state } = key.value;
  if (isUsableKeyState(state)) return null;
  return closed(`the key ${name} is ${state}: ${state === "PendingDeletion" ? "cancel that, and " : ""}enable it`);
}

/** Whether another action may be begun in an account and Region; asked once more when an execution takes its place. */
export function isWithinBudget({
  database,
  state,
  policy,
  now,
  execution,
  plannedBefore,
}: Pick<Circumstances, "state" | "policy" | "now" | "execution" | "plannedBefore"> & {
  readonly database: Pick<ClassifiedDatabase, "account" | "region">;
}): GateVerdict {
  const { atOnce, perDay } = policy.remediation.budget;
  const isHere = ({ account, region }: { account: string; region: string }) =>
    account === database.account && region === database.region;
  const changing = liveIn(state, now).filter((one) => isHere(one) && one.isChanging && one.execution !== execution);
  const today = state.attempts.filter(
    (one) => isHere(one) && one.outcome !== "rejected" && hoursBetween(one.endedAt, now) < 24,
  );
  const atWork = [...changing.map(inShort), ...plannedBefore];
  const counted = [...today.map(inShort), ...atWork];
  const scope = `in ${database.account} ${database.region}`;
  if (atWork.length >= atOnce)
    return closed(
      `at most ${atOnce} at once ${scope}, and ${comeFirst(atWork)}: wait, or raise remediation.budget.atOnce`,
    );
  if (counted.length >= perDay)
    return closed(
      `at most ${perDay} within 24 hours ${scope}, and ${comeFirst(counted)}: wait, or raise remediation.budget.perDay`,
    );
  return open(`${atWork.length} of ${atOnce} at once and ${counted.length} of ${perDay} within 24 hours are taken`);
}

function inShort({ action, arn }: Pick<Running, "action" | "arn">): string {
  return `${action} of ${arn.split(":").at(-1)}`;
}

function comeFirst(names: readonly string[]): string {
  const rest = names.length - 3;
  const list = `${names.slice(0, 3).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
  return `${list} ${names.length === 1 ? "comes" : "come"} first`;
}
