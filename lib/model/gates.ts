import { type ActionName, actionNames } from "./action.ts";
import { leewayMinutes } from "./window.ts";

/** What opens a closed gate. `work` is a change to the database, the policy or the deployment. */
export type GateOpener = "window" | "turn" | "approval" | "exemption" | "work";

/** A condition that must hold before an action starts, except for the predicate that decides it. */
type Gate = {
  /** The actions that the gate applies to. */
  readonly actions: readonly ActionName[];
  readonly opensBy: GateOpener;
  /** Set if a running execution waits for the gate. `before-start`: one is also started while the gate is closed. */
  readonly awaited?: "before-start" | "once-running";
  /** The gate is closed for all databases at once, so it does not change the order of the plan. */
  readonly isShared?: true;
  /** While the gate is closed, a person must not make the change by hand either. */
  readonly blocksManual?: true;
  /** The gate is closed unless the policy opens it. */
  readonly closedByDefault?: true;
  /** What the gate requires, as a sentence of the documentation. */
  readonly requires: string;
  /** How to open the gate, as a sentence of the documentation. */
  readonly toOpen: string;
};

/** An interrupted toggle has already started, so these gates must not delay its end. */
const startable: readonly ActionName[] = ["schedule-rotation", "rotate", "toggle", "enable"];
const passwordChanges: readonly ActionName[] = ["rotate", "toggle", "enable"];
const newSecrets: readonly ActionName[] = ["toggle", "enable"];

/** Most gates apply to every action but `finish-interrupted`, and stay closed until a person changes something. */
const defaults = { actions: startable, opensBy: "work" } as const;
type GateEntry = Omit<Gate, keyof typeof defaults> & Partial<Gate>;

/** The gates that a plan evaluates, in the order in which it lists them. Each has its predicate in `lib/plan/gates.ts`. */
const planGates = {
  enabled: {
    actions: actionNames,
    isShared: true,
    requires: "Remediation is enabled. `plan` and `remediate` without `--apply` assume that it is.",
    toOpen: 'Deploy with `remediation: "on"`, or give `--apply` at a terminal.',
  },
  allowed: {
    actions: actionNames,
    closedByDefault: true,
    requires: "The policy allows the action. `finish-interrupted` needs `toggle`.",
    toOpen: "Add the action to `remediation.allow`.",
  },
  "opted-in": {
    actions: actionNames,
    closedByDefault: true,
    requires: "An entry of `remediation.optIn` matches the database.",
    toOpen: "Add an entry that matches, or set the tag that an entry names.",
  },
  eligible: {
    actions: actionNames,
    requires:
      "RDS can manage the password, it does so if the action needs that, and the secret exists, is not scheduled for deletion and belongs to this database.",
    toOpen: "Follow the reason.",
  },
  "not-exempt": {
    opensBy: "exemption",
    blocksManual: true,
    requires: "The finding is not exempt.",
    toOpen: "Wait until the exemption ends, or remove it.",
  },
  "first-in-line": {
    opensBy: "turn",
    requires: "No other action on this database comes first.",
    toOpen: "Wait until the other action is done.",
  },
  "not-running": {
    actions: actionNames,
    opensBy: "turn",
    blocksManual: true,
    requires:
      "No other execution is working on the database. Except for `finish-interrupted`, the database has no tag of an interrupted toggle.",
    toOpen: "Wait until the execution ends, or run `finish-interrupted`.",
  },
  "status-available": {
    requires: "The database and its container are `available`, and its secret is active or impaired.",
    toOpen: "Wait, or start the database.",
  },
  "nothing-pending": {
    requires: "No modification is pending. RDS would apply it immediately, together with the action.",
    toOpen: "Wait until RDS has applied it, or cancel it.",
  },
  "no-blue-green-deployment": {
    requires: "No blue/green deployment of the database is active.",
    toOpen: "Switch it over, or delete it.",
  },
  "no-replicas": {
    actions: newSecrets,
    requires:
      "The database, or the container of a tenant database, has no read replicas, because RDS creates no more while it manages the password. SQL Server is an exception.",
    toOpen: "Promote or delete the replicas, or make the change by hand.",
  },
  "secret-not-replicated": {
    actions: ["toggle"],
    requires: "The secret is not replicated to other Regions. RDS would silently leave management on.",
    toOpen: "Run the command in the reason.",
  },
  "no-proxy": {
    actions: ["toggle"],
    requires: "No RDS Proxy logs in with the secret.",
    toOpen: "Give the proxy another secret.",
  },
  "no-proxy-with-own-secret": {
    actions: ["enable"],
    requires:
      "No RDS Proxy logs in to the database with a secret of its own, whose user can be the master user. RDS does not report the user.",
    toOpen:
      "If the user is the master user, turn management on by hand and give the proxy the new secret. Otherwise set `remediation.ownSecretProxies: allow`.",
  },
  "not-stack-owned": {
    actions: newSecrets,
    requires:
      "No CloudFormation stack owns the database. Terraform leaves no sign on a database, so opt in accordingly.",
    toOpen: "Change the template instead, or set `remediation.stackOwned: allow`.",
  },
  "key-usable": {
    requires: "The key is enabled. For a new secret, a key can be chosen and the caller may use it.",
    toOpen: "Enable the key, change its [key policy](deploy.md#repairs), or name a key under `keys`.",
  },
  "in-window": {
    actions: passwordChanges,
    opensBy: "window",
    awaited: "before-start",
    requires: `A window is open, for at least ${leewayMinutes} more minutes.`,
    toOpen: "Wait.",
  },
  "within-budget": {
    opensBy: "turn",
    awaited: "once-running",
    requires: "The account and Region have a free slot, both at once and within 24 hours.",
    toOpen: "Wait, or raise `remediation.budget`.",
  },
  "cooled-down": {
    opensBy: "turn",
    requires: "The last attempt on the database is at least `coolDownHours` ago.",
    toOpen: "Wait.",
  },
  "not-stopped": {
    actions: actionNames,
    isShared: true,
    requires:
      "Neither a person nor the circuit breaker (too many failures in a row) has stopped all repairs. `finish-interrupted` needs this only if the repair state has no snapshot of the toggle.",
    toOpen: "Run `rds-password-audit resume`.",
  },
  approved: {
    actions: actionNames,
    opensBy: "approval",
    awaited: "before-start",
    requires:
      "The policy requires no approval for the action, or a person has approved it. `finish-interrupted` needs approval if the repair state has no snapshot of the toggle, because its tag may be forged or copied.",
    toOpen: "[Approve](#approvals) the action. At a terminal, the person who runs it approves it.",
  },
} satisfies Readonly<Record<string, GateEntry>>;

/** Conditions that only an execution checks, because it reads the database again. They appear in refusals. */
const executionGates = {
  requested: {
    actions: actionNames,
    requires: "The rule still requests the action.",
    toOpen: "Nothing to do: the next audit decides again.",
  },
  observed: {
    actions: actionNames,
    requires: "The execution can read the database.",
    toOpen: "Allow the call that the reason names. The next audit tries again.",
  },
} satisfies Readonly<Record<string, GateEntry>>;

/** The gates that a plan evaluates. */
export type PlanGateName = keyof typeof planGates;
export type GateName = PlanGateName | keyof typeof executionGates;

/** The gates that only decide when and how fast actions start. A rotation that cannot wait leaves them out. */
export const pacingGates = ["in-window", "within-budget", "cooled-down"] as const satisfies readonly PlanGateName[];
export type PacingGate = (typeof pacingGates)[number];

/** Every gate, in the order in which a plan lists them. */
export const gateNames = Object.keys({ ...planGates, ...executionGates }) as readonly GateName[];
export const planGateNames = Object.keys(planGates) as readonly PlanGateName[];

export const gatesByName = Object.fromEntries(
  Object.entries({ ...planGates, ...executionGates }).map(([name, gate]) => [name, { ...defaults, ...gate }]),
) as Readonly<Record<GateName, Gate>>;

/** True if the gate stays closed until a person changes something. False if waiting or an approval opens it. */
export function needsWork(gate: GateName): boolean {
  return ["exemption", "work"].includes(gatesByName[gate].opensBy);
}
