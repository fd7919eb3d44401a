import { isListed } from "../audit/classify.ts";
import { matches } from "../audit/match.ts";
import { classificationContextOf } from "../audit/rule-context.ts";
import { permissionFor } from "../model/action.ts";
import { type ClassifiedDatabase, toggleTagKey } from "../model/database.ts";
import { type GateName, gatesByName, type PacingGate, type PlanGateName, planGateNames } from "../model/gates.ts";
import type { GateResult } from "../model/plan.ts";
import type { RemediationState } from "../model/remediation-state.ts";
import { hoursBetween } from "../model/time.ts";
import { isSnapshotOf, ownToggleTagOf } from "../model/toggle-marker.ts";
import {
  blockManualToggle,
  type Circumstances,
  closed,
  type GatePredicate,
  type GateVerdict,
  open,
  unknown,
} from "./gate-verdict.ts";
import { liveIn } from "./remediation-state.ts";
import {
  isEligible,
  isKeyUsable,
  isNotUsedByProxy,
  isSecretNotReplicated,
  isWithoutOwnSecretProxy,
} from "./secret-gates.ts";
import { isInWindow, isWithinBudget } from "./timing-gates.ts";

/** True if the action finishes a toggle whose snapshot is in the state. Without one, its tag may be forged or copied. */
function finishesOwnToggle({ action, database, state }: Circumstances): boolean {
  const snapshot = state.secretSnapshots[database.resourceId];
  if (action !== "finish-interrupted" || snapshot === undefined) return false;
  return isSnapshotOf(snapshot, ownToggleTagOf(database)?.marker ?? null);
}

/** The names that a database had when it was repaired before, the latest first. */
function formerNames({ attempts }: RemediationState, { resourceId, arn }: ClassifiedDatabase): readonly string[] {
  const renamed = attempts.filter((one) => one.resourceId === resourceId && one.arn !== arn);
  return renamed.map((one) => one.arn.split(":").slice(6).join(":")).reverse();
}

/** The condition of each gate. What else there is to know about a gate is in `lib/model/gates.ts`. */
const predicates: Readonly<Record<PlanGateName, GatePredicate>> = {
  enabled: ({ isEnabled }) =>
    isEnabled
      ? open("remediation is on")
      : closed('remediation is off: deploy with remediation: "on", or give --apply at a terminal'),

  allowed: ({ action, policy }) => {
    const permission = permissionFor(action);
    return policy.remediation.allow.includes(permission)
      ? open(`the policy allows ${permission}`)
      : closed(`the policy does not allow ${permission}: add it to remediation.allow`);
  },

  "opted-in": ({ database, policy, state }) => {
    const isMatched = (one: typeof database) => policy.remediation.optIn.some((match) => matches(match, one));
    if (isMatched(database)) return open("an entry of remediation.optIn matches the database");
    const former = formerNames(state, database).find((identifier) => isMatched({ ...database, identifier }));
    return closed(
      former === undefined
        ? "the database is not opted in: add an entry that matches it to remediation.optIn"
        : `the database is not opted in since it was renamed from ${former}: add an entry that matches its present name to remediation.optIn`,
    );
  },

  eligible: isEligible,

  "not-exempt": ({ exemption }) =>
    exemption === null
      ? open("the finding is not exempt")
      : closed(`${exemption.owner} exempted it until ${exemption.until} (${exemption.reason}): end the exemption`),

  "first-in-line": ({ ahead }) =>
    ahead === null
      ? open("no other action on the database comes first")
      : closed(`${ahead} comes first on this database: wait until it is done`),

  "not-running": ({ action, database, state, now, execution }) => {
    const other = liveIn(state, now).find(
      (one) => one.resourceId === database.resourceId && one.execution !== execution,
    );
    if (other !== undefined)
      return closed(`the execution ${other.execution} has been working on it since ${other.since}: wait until it ends`);
    const toggleTag = ownToggleTagOf(database);
    const isForeign = toggleTag !== null && toggleTag.marker?.execution !== execution;
    return isForeign && action !== "finish-interrupted"
      ? closed(
          `its tag ${toggleTagKey} shows that a toggle was started (${toggleTag.text}): finish that first, with finish-interrupted`,
        )
      : open("no execution is working on it");
  },

  "status-available": ({ database, target }) => {
    const { containerArn, masterUserSecret } = database;
    const container = containerArn === null ? database : target.databases.find(({ arn }) => arn === containerArn);
    if (container === undefined)
      return unknown("whether its container is available", "rds:DescribeDBInstances did not return it");
    for (const { status, identifier } of [database, container])
      if (status !== "available") return closed(`${identifier} is ${status}: wait until it is available, or start it`);
    const secretStatus = masterUserSecret === null ? "active" : masterUserSecret.status;
    return secretStatus === "active" || secretStatus === "impaired"
      ? open("it is available")
      : closed(`its secret is ${secretStatus ?? "in a state that RDS does not name"}: wait until it is active`);
  },

  "nothing-pending": ({ database: { pendingChanges } }) =>
    pendingChanges.length === 0
      ? open("no modification is pending")
      : closed(
          `${pendingChanges.join(", ")} ${pendingChanges.length === 1 ? "is" : "are"} pending, and RDS would apply ${pendingChanges.length === 1 ? "it" : "them"} immediately with this action: wait until nothing is pending, or cancel the modification`,
        ),

  "no-blue-green-deployment": ({ action, target, database, policy }) => {
    const isInDeployment = isListed(database, classificationContextOf(target, policy).blueGreenDatabases);
    if (isInDeployment === true)
      return blockManualToggle(
        action,
        closed("a blue/green deployment of it is active: switch it over, or delete it"),
        "RDS cannot turn management on again while a blue/green deployment of it is active: switch it over, or delete it",
      );
    return isInDeployment === false
      ? open("no blue/green deployment of it is active")
      : blockManualToggle(action, unknown("whether a blue/green deployment of it is active", isInDeployment));
  },

  "no-replicas": ({ database: { engine, replicas, containerArn }, target }) => {
    const container = target.databases.find(({ arn }) => arn === containerArn);
    if (container !== undefined && container.replicas.length > 0)
      return closed(
        `its container has read replicas (${container.replicas.join(", ")}), and RDS manages no password of a tenant database then: promote or delete them`,
      );
    if (replicas.length === 0) return open("it has no read replicas");
    if (engine.startsWith("sqlserver")) return open("SQL Server supports read replicas with a managed password");
    return closed(
      `it has read replicas (${replicas.join(", ")}), and RDS creates no more while it manages the password: promote or delete them, or make the change by hand`,
    );
  },

  "secret-not-replicated": isSecretNotReplicated,
  "no-proxy": isNotUsedByProxy,
  "no-proxy-with-own-secret": isWithoutOwnSecretProxy,

  "not-stack-owned": ({ database: { tags }, policy }) => {
    const stack = tags["aws:cloudformation:stack-name"];
    if (stack === undefined) return open("no CloudFormation stack owns it");
    if (policy.remediation.stackOwned === "allow")
      return open(`the stack ${stack} owns it, and the policy allows that`);
    return closed(
      `the CloudFormation stack ${stack} owns it, and its template would no longer match: change the template instead, or set remediation.stackOwned to allow`,
    );
  },

  "key-usable": isKeyUsable,
  "in-window": isInWindow,
  "within-budget": isWithinBudget,

  "cooled-down": ({ database, state, policy, now }) => {
    const hours = policy.remediation.coolDownHours;
    const last = state.attempts.findLast(({ resourceId }) => resourceId === database.resourceId);
    if (last === undefined || hoursBetween(last.endedAt, now) >= hours)
      return open("the database had no recent attempt");
    const until = new Date(Date.parse(last.endedAt) + hours * 3_600_000).toISOString();
    return closed(`the last attempt on the database, ${last.action}, ended at ${last.endedAt}: wait until ${until}`);
  },

  "not-stopped": (circumstances) => {
    const { stopped } = circumstances.state;
    if (stopped === null) return open("repairs are not stopped");
    if (finishesOwnToggle(circumstances)) return open("repairs are stopped, but a toggle that was started is finished");
    return closed(
      `repairs were stopped at ${stopped.at} by ${stopped.by} (${stopped.why}): once that is resolved, run rds-password-audit resume`,
    );
  },

  approved: (circumstances) => {
    const { action, policy, approvedBy } = circumstances;
    if (approvedBy !== null) return open(`approved by ${approvedBy}`);
    if (action === "finish-interrupted")
      return finishesOwnToggle(circumstances)
        ? open("the repair state has the snapshot of this toggle")
        : closed(
            "the repair state has no snapshot of this toggle, so its tag may be forged or copied: a person has to approve it",
          );
    return policy.remediation.approval.some((one) => one === action)
      ? closed("a person has to approve it; approval is requested once only the window remains")
      : open("the policy requires no approval");
  },
};

/** Gates that a dry run takes as open, each with the reason to show. */
export type Assumptions = Readonly<Partial<Record<Extract<GateName, "enabled" | "approved">, string>>>;

/**
 * Evaluates every gate of an action, once. A gate whose evaluation fails is closed, unless it is left out. `manualBlocker` is why a person must not make the change
 * by hand either; null if they may.
 */
export function evaluateGates(
  circumstances: Circumstances,
  assumptions: Assumptions = {},
  leftOut: readonly PacingGate[] = [],
): { gates: GateResult[]; manualBlocker: string | null } {
  const verdicts = planGateNames
    .filter((gate) => gatesByName[gate].actions.includes(circumstances.action))
    .map((gate) => ({ gate, ...evaluateGate(gate, circumstances) }));
  const assumed: Readonly<Partial<Record<GateName, string>>> = assumptions;
  const isLeftOut = (gate: GateName) => leftOut.some((one) => one === gate);
  return {
    gates: verdicts.map(({ gate, open, reason }) => {
      const assumption = assumed[gate];
      if (!open && isLeftOut(gate)) return { gate, open: true, reason, leftOut: true };
      return open || assumption === undefined
        ? { gate, open, reason }
        : { gate, open: true, reason: assumption, assumed: true };
    }),
    manualBlocker: verdicts.find(({ manualBlocker }) => manualBlocker !== undefined)?.manualBlocker ?? null,
  };
}

function evaluateGate(gate: PlanGateName, circumstances: Circumstances): GateVerdict {
  try {
    return predicates[gate](circumstances);
  } catch (error) {
    const why = error instanceof Error ? error.message : typeof error;
    return closed(`evaluating the gate failed (${why}), so it counts as closed: report this error`);
  }
}
