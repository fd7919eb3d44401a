import { type ActionName, permissionFor } from "../model/action.ts";
import { type ClassifiedDatabase, toggleTag } from "../model/database.ts";
import type { Exemption } from "../model/finding.ts";
import type { Target } from "../model/inventory.ts";
import { isUsableKeyState } from "../model/key.ts";
import { parseMarker } from "../model/marker.ts";
import type { GateResult } from "../model/plan.ts";
import type { Policy } from "../model/policy.ts";
import type { RemediationState, Running } from "../model/remediation-state.ts";
import type { KeyFacts, RuleContext } from "../model/rule.ts";
import { hoursBetween } from "../model/time.ts";
import { isOpen, nextOpening } from "../model/window.ts";
import type { KeyChoice } from "./choose-key.ts";
import { describeGap, surroundingsOf } from "./facts.ts";
import { weigh } from "./management.ts";
import { matches } from "./match.ts";

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
  /** How many actions of the same account and Region come before it and may be begun. */
  readonly plannedBefore: number;
};

type Verdict = { readonly open: boolean; readonly reason: string };

/** A condition of an action. */
type Gate = {
  readonly name: string;
  /** The actions that it is for. */
  readonly of: readonly ActionName[];
  /** What opens it when it is closed: time, somebody's word, or somebody's work on the database or the policy. */
  readonly opensBy: "time" | "approval" | "work";
  readonly look: (circumstances: Circumstances) => Verdict;
};

const open = (reason: string): Verdict => ({ open: true, reason });
const closed = (reason: string): Verdict => ({ open: false, reason });

const every: readonly ActionName[] = ["schedule-rotation", "rotate", "toggle", "enable", "finish-interrupted"];
/** What is begun. An interrupted toggle was begun already: that it is finished must not wait for anything. */
const begun: readonly ActionName[] = ["schedule-rotation", "rotate", "toggle", "enable"];
const passwordChanges: readonly ActionName[] = ["rotate", "toggle", "enable"];
const newSecrets: readonly ActionName[] = ["toggle", "enable"];

/** Every condition there is, in the order in which they are said. */
const gates: readonly Gate[] = [
  {
    name: "enabled",
    of: every,
    opensBy: "work",
    look: ({ isEnabled }) =>
      isEnabled ? open("remediation is on") : closed('remediation is off: deploy with the parameter remediation "on"'),
  },
  {
    name: "allowed",
    of: every,
    opensBy: "work",
    look: ({ action, policy }) => {
      const permission = permissionFor(action);
      return policy.remediation.allow.includes(permission)
        ? open(`the policy allows ${permission}`)
        : closed(`the policy does not allow it: add ${permission} to remediation.allow`);
    },
  },
  {
    name: "opted-in",
    of: every,
    opensBy: "work",
    look: ({ database, policy }) =>
      policy.remediation.optIn.some((match) => matches(match, database))
        ? open("an entry of remediation.optIn matches the database")
        : closed("the database is not opted in: no entry of remediation.optIn matches it"),
  },
  { name: "eligible", of: every, opensBy: "work", look: isEligible },
  {
    name: "not-exempt",
    of: begun,
    opensBy: "work",
    look: ({ exemption }) =>
      exemption === null
        ? open("the finding is not exempt")
        : closed(`the finding is exempt until ${exemption.until}, says ${exemption.owner}: end the exemption`),
  },
  {
    name: "first-in-line",
    of: begun,
    opensBy: "time",
    look: ({ ahead }) =>
      ahead === null ? open("nothing else is to be done on it first") : closed(`${ahead} comes first on this database`),
  },
  {
    name: "not-running",
    of: every,
    opensBy: "time",
    look: ({ action, database, state, now, execution }) => {
      const other = liveOf(state, now).find((one) => one.arn === database.arn && one.execution !== execution);
      if (other !== undefined)
        return closed(`the execution ${other.execution} has been at work on it since ${other.since}: wait for its end`);
      const tag = database.tags[toggleTag];
      const isForeign = tag !== undefined && parseMarker(tag)?.execution !== execution;
      return isForeign && action !== "finish-interrupted"
        ? closed(`its tag says that a toggle was begun (${tag}): that is finished first`)
        : open("no execution is at work on it");
    },
  },
  { name: "status-available", of: begun, opensBy: "work", look: isAvailable },
  {
    name: "nothing-pending",
    of: begun,
    opensBy: "work",
    look: ({ database: { pendingChanges } }) =>
      pendingChanges.length === 0
        ? open("no modification is pending")
        : closed(
            `${pendingChanges.join(", ")} ${pendingChanges.length === 1 ? "is" : "are"} pending, and would be applied immediately with it: wait for the maintenance window, or take the modification back`,
          ),
  },
  {
    name: "no-blue-green-deployment",
    of: begun,
    opensBy: "work",
    look: ({ target, database, policy }) => {
      const { arns, gap } = surroundingsOf(target, policy).blueGreenDatabases;
      if (arns.has(database.arn))
        return closed("a blue/green deployment of it is active: switch it over, or delete it");
      return gap === null ? open("no blue/green deployment is active") : closed(`that cannot be told: ${gap}`);
    },
  },
  {
    name: "no-replicas",
    of: newSecrets,
    opensBy: "work",
    look: ({ database: { engine, replicas } }) => {
      if (replicas.length === 0) return open("it has no read replicas");
      if (engine.startsWith("sqlserver"))
        return open("read replicas of SQL Server go together with a managed password");
      return closed(
        `RDS does not make read replicas of a database with a managed password, and it has ${replicas.join(", ")}: a person has to decide`,
      );
    },
  },
  {
    name: "secret-not-replicated",
    of: ["toggle"],
    opensBy: "work",
    look: ({ context: { secret }, database: { region } }) => {
      const regions = secret.seen ? (secret.value?.replicaRegions ?? null) : null;
      if (regions === null) return closed("whether the secret is replicated to other Regions cannot be told");
      if (regions.length === 0) return open("the secret is not replicated to other Regions");
      return closed(
        `the secret is replicated to ${regions.join(", ")}, and management would stay on without a word: aws secretsmanager remove-regions-from-replication --region ${region} --secret-id '${secret.seen ? secret.value?.arn : ""}' --remove-replica-regions ${regions.join(" ")}`,
      );
    },
  },
  {
    name: "no-proxy",
    of: ["toggle"],
    opensBy: "work",
    look: ({ target, database: { masterUserSecret } }) => {
      const gap = target.gaps.find(({ action }) => action === "rds:DescribeDBProxies");
      if (gap !== undefined) return closed(`that cannot be told: ${describeGap(gap)}`);
      if (target.proxies === null) return closed("that cannot be told: rds:DescribeDBProxies was not read");
      const users = target.proxies.filter(({ secretArns }) => secretArns.includes(masterUserSecret?.secretArn ?? ""));
      if (users.length === 0) return open("no RDS Proxy logs in with the secret");
      const names = users.map(({ name }) => name).join(", ");
      return closed(`RDS Proxy ${names} logs in with the secret, and would fail: give it another secret first`);
    },
  },
  {
    name: "not-stack-owned",
    of: newSecrets,
    opensBy: "work",
    look: ({ database: { tags }, policy }) => {
      const stack = tags["aws:cloudformation:stack-name"];
      if (stack === undefined) return open("no CloudFormation stack owns it");
      if (policy.remediation.stackOwned === "allow")
        return open(`the policy allows it although the stack ${stack} owns it`);
      return closed(
        `the CloudFormation stack ${stack} owns it and would not know: change its template, or set remediation.stackOwned to allow`,
      );
    },
  },
  { name: "key-usable", of: begun, opensBy: "work", look: isKeyUsable },
  {
    name: "in-window",
    of: passwordChanges,
    opensBy: "time",
    look: ({ database, policy, now }) => {
      const windows = windowsOf(database, policy);
      if (windows === "any-time") return open("the policy allows it at any time");
      if (isOpen(windows, now)) return open(`the window ${windows.join(", ")} (UTC) is open`);
      const opensAt = nextOpening(windows, now);
      return opensAt === null
        ? closed("RDS names no maintenance window for it: name one in remediation.window")
        : closed(`the window ${windows.join(", ")} (UTC) opens at ${opensAt}`);
    },
  },
  { name: "within-budget", of: begun, opensBy: "time", look: isWithinBudget },
  {
    name: "cooled-down",
    of: begun,
    opensBy: "time",
    look: ({ database, state, policy, now }) => {
      const hours = policy.remediation.coolDownHours;
      const last = state.attempts.findLast(({ arn }) => arn === database.arn);
      if (last === undefined || hoursBetween(last.endedAt, now) >= hours) return open("nothing was tried on it lately");
      const until = new Date(Date.parse(last.endedAt) + hours * 3_600_000).toISOString();
      return closed(`${last.action} was tried on it and ended at ${last.endedAt}: it may be tried again from ${until}`);
    },
  },
  {
    name: "circuit-closed",
    of: begun,
    opensBy: "work",
    look: ({ state: { stopped } }) =>
      stopped === null
        ? open("nothing has stopped remediation")
        : closed(
            `remediation was stopped at ${stopped.at} by ${stopped.by} (${stopped.why}): rds-password-audit resume`,
          ),
  },
  {
    name: "approved",
    of: begun,
    opensBy: "approval",
    look: ({ action, policy, approvedBy }) => {
      if (approvedBy !== null) return open(`approved by ${approvedBy}`);
      return policy.remediation.approval.some((one) => one === action)
        ? closed("a person has to approve it; they are asked when nothing else but time is in the way")
        : open("the policy wants no approval for it");
    },
  },
];

/** Every gate of an action, open or closed. One that cannot be looked at is closed. */
export function lookAtGates(circumstances: Circumstances): readonly GateResult[] {
  return gates
    .filter(({ of: actions }) => actions.includes(circumstances.action))
    .map(({ name, look }) => {
      try {
        return { gate: name, ...look(circumstances) };
      } catch (error) {
        return { gate: name, open: false, reason: `that could not be looked at: ${String(error)}` };
      }
    });
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

/** Executions that have given a sign of life lately. */
export function liveOf({ running }: RemediationState, now: string): readonly Running[] {
  return running.filter(({ expiresAt }) => expiresAt > now);
}

/** Whether AWS can manage the password at all, and whether it does so as the action takes for granted. */
function isEligible({ action, database, context, target, policy }: Circumstances): Verdict {
  if (database.management !== "managed" && database.management !== "unmanaged")
    return closed(`it is not the service's business: ${database.explanation ?? database.management}`);
  const unmanaged = { ...database, masterUserSecret: null };
  const { reason, doubts } = weigh(unmanaged, surroundingsOf(target, policy));
  if (reason !== null && reason.code !== "blue-green-deployment")
    return closed(`RDS could not turn it on: ${reason.says}`);
  const doubt = doubts.find((one) => !one.startsWith("rds:DescribeBlueGreenDeployments"));
  if (doubt !== undefined) return closed(`whether RDS could turn it on cannot be told: ${doubt}`);
  if (action === "finish-interrupted") return open("RDS can manage its password");
  if (action === "enable")
    return database.management === "unmanaged" ? open("RDS can manage its password") : closed("it is managed already");
  if (database.management !== "managed") return closed("its password is not managed");
  const { secret } = context;
  if (!secret.seen) return closed(`the secret could not be read (${secret.why})`);
  if (secret.value === null) return closed("the secret that RDS names does not exist");
  if (secret.value.deletedAt !== null)
    return closed(`the secret waits for its deletion since ${secret.value.deletedAt}`);
  if (secret.value.owningService !== "rds" || !secret.value.primaryArns.includes(database.arn))
    return closed("the secret that RDS names was not made for it");
  return open("RDS manages its password, and the secret is its own");
}

function isAvailable({ database, target }: Circumstances): Verdict {
  const container = target.databases.find(({ arn }) => arn === database.containerArn);
  if (database.containerArn !== null && container === undefined) return closed("its container could not be read");
  for (const { status, identifier } of [database, container ?? database])
    if (status !== "available") return closed(`${identifier} is ${status}: it can be modified when it is available`);
  const secretStatus = database.masterUserSecret?.status ?? null;
  if (database.masterUserSecret === null || secretStatus === "active" || secretStatus === "impaired")
    return open("it is available");
  return closed(`its secret is ${secretStatus ?? "without a status"}: wait until that is over`);
}

function isKeyUsable(circumstances: Circumstances): Verdict {
  const { action, context, key, target } = circumstances;
  if (action === "schedule-rotation" || action === "rotate") return isPresentKeyUsable(context);
  if ("problem" in key) return closed(key.problem);
  if (key.reference === null) return open("the default key, aws/secretsmanager, can be used by all of the account");
  const state = usable({ arn: { seen: true, value: key.reference }, key: key.key });
  if (state !== null) return closed(state);
  const gap = target.gaps.find(
    ({ action, resource }) => action === "kms:GenerateDataKey" && resource === key.reference,
  );
  if (gap !== undefined) return closed(`whether ${key.reference} can be used cannot be told: ${describeGap(gap)}`);
  const trial = target.keyTrials.find(({ keyArn }) => keyArn === key.reference);
  if (trial === undefined) return closed(`whether ${key.reference} can be used was not tried`);
  return trial.refusal === null
    ? open(`${key.reference} is enabled, and can be used`)
    : closed(
        `${key.reference} cannot be used (${trial.refusal}): let its key policy allow this role kms:GenerateDataKey, kms:Decrypt and kms:CreateGrant`,
      );
}

function isPresentKeyUsable({ rdsKey, secretKey }: RuleContext): Verdict {
  for (const facts of [rdsKey, secretKey]) {
    const problem = usable(facts);
    if (problem !== null) return closed(problem);
  }
  return open("the secret's key is enabled");
}

/** Null for a key that is enabled, else what is wrong. */
function usable({ arn, key }: KeyFacts): string | null {
  const name = arn.seen ? (arn.value ?? "the key") : "the key";
  if (!key.seen) return `${name} could not be read (${key.why})`;
  if (key.value === null) return `${name} does not exist`;
  return isUsableKeyState(key.value.state) ? null : `${name} is ${key.value.state}: enable it first`;
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
}): Verdict {
  const { atOnce, perDay } = policy.remediation.budget;
  const isHere = ({ account, region }: { account: string; region: string }) =>
    account === database.account && region === database.region;
  const changing = liveOf(state, now).filter((one) => isHere(one) && one.isChanging && one.execution !== execution);
  const today = state.attempts.filter((one) => isHere(one) && hoursBetween(one.endedAt, now) < 24);
  const atWork = changing.length + plannedBefore;
  const counted = today.length + atWork;
  const place = `${database.account} ${database.region}`;
  if (atWork >= atOnce) return closed(`at most ${atOnce} at once in ${place}, and ${atWork} come first`);
  if (counted >= perDay) return closed(`at most ${perDay} within 24 hours in ${place}, and ${counted} count already`);
  return open(`${atWork} of ${atOnce} at once, ${counted} of ${perDay} within 24 hours`);
}
