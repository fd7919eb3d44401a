import { type ActionName, impacts } from "../../lib/model/action.ts";
import { consequencesOf } from "../../lib/model/consequences.ts";
import type { GateResult, ManualStep, Plan, PlannedAction } from "../../lib/model/plan.ts";
import { account, keyArn, now, otherKeyArn, region, secretArn } from "../support/builders.ts";

/** Gates that are closed, each as it would be in a plan. */
export const closedGates = {
  enabled: {
    gate: "enabled",
    open: false,
    reason: 'remediation is off: deploy with remediation: "on", or give --apply at a terminal',
  },
  optedIn: {
    gate: "opted-in",
    open: false,
    reason: "the database is not opted in: add an entry that matches it to remediation.optIn",
  },
  exempt: {
    gate: "not-exempt",
    open: false,
    reason: "reports@example.com exempted it until 2026-12-31 (Moves to IAM authentication first): end the exemption",
  },
  stack: {
    gate: "not-stack-owned",
    open: false,
    reason:
      "the CloudFormation stack ledger-prod owns it, and its template would no longer match: change the template instead, or set remediation.stackOwned to allow",
  },
  window: {
    gate: "in-window",
    open: false,
    reason: "the window sun:03:00-sun:04:00 (UTC) is not open: wait until 2026-11-29T03:00:00.000Z",
  },
  turn: {
    gate: "within-budget",
    open: false,
    reason:
      "at most 1 at once in 123456789012 eu-west-1, and rotate of billing comes first: wait, or raise remediation.budget.atOnce",
  },
  approval: {
    gate: "approved",
    open: false,
    reason: "a person has to approve it; approval is requested once only the window remains",
  },
} satisfies Record<string, GateResult>;

const openGates: readonly GateResult[] = [
  {
    gate: "enabled",
    open: true,
    reason:
      'remediation is on. This plan changes nothing; to turn remediation on, run remediate --apply, or deploy with remediation: "on"',
    assumed: true,
  },
  { gate: "allowed", open: true, reason: "the policy allows it" },
  { gate: "opted-in", open: true, reason: "an entry of remediation.optIn matches the database" },
  { gate: "status-available", open: true, reason: "it is available" },
];

/** A database of this name, a DB instance unless said otherwise. */
export function aPlannedDatabase(
  identifier: string,
  overrides: Partial<PlannedAction["database"]> = {},
): PlannedAction["database"] {
  const database = { kind: "instance" as const, account, region, ...overrides };
  const type = { instance: "db", cluster: "cluster", "tenant-database": "tenant-database" }[database.kind];
  const arn = `arn:aws:rds:${database.region}:${database.account}:${type}:${identifier}`;
  return { arn, identifier, resourceId: `db-${identifier.toUpperCase()}`, ...database };
}

/** An action whose gates are all open but these. */
export function aPlannedAction(
  action: ActionName,
  identifier: string,
  closed: readonly GateResult[] = [],
  overrides: Partial<PlannedAction> = {},
): PlannedAction {
  const rule = {
    "schedule-rotation": "rotation-enabled",
    rotate: "rotation-on-schedule",
    toggle: "secret-key-as-required",
    enable: "master-password-managed",
    "finish-interrupted": "toggle-not-interrupted",
  }[action];
  const database = overrides.database ?? aPlannedDatabase(identifier);
  return {
    id: `${action}/${rule}/${database.arn}`,
    action,
    rule,
    severity: "high",
    database,
    gates: [...openGates.filter(({ gate }) => !closed.some((one) => one.gate === gate)), ...closed],
    runnable: closed.length === 0,
    impact: impacts[action],
    consequences: action === "enable" ? [...consequencesOf({ engine: "postgres", replicas: [], ...database })] : [],
    keyReference: null,
    ...overrides,
  };
}

/** The manual step for an unmanaged database. */
export function aManualStep(identifier: string, reason: GateResult, overrides: Partial<ManualStep> = {}): ManualStep {
  const database = overrides.database ?? aPlannedDatabase(identifier);
  const turnOn = `aws rds modify-db-instance --region ${database.region} --db-instance-identifier ${identifier} --manage-master-user-password`;
  return {
    finding: `master-password-managed/${database.arn}`,
    database,
    rule: "master-password-managed",
    reason: `${reason.gate}: ${reason.reason}`,
    what: `Warn users of the master login, then enable RDS-managed passwords: ${turnOn} --apply-immediately`,
    awsCli: [turnOn],
    cloudFormation: "ManageMasterUserPassword: true",
    terraform: "manage_master_user_password = true",
    ...overrides,
  };
}

export function aPlan(overrides: Partial<Plan> = {}): Plan {
  return { schemaVersion: "1.0", observedAt: now, complete: true, actions: [], manual: [], ...overrides };
}

/** One database whose secret gets another key, after an approval. */
export function aSmallPlan(): Plan {
  return aPlan({
    actions: [aPlannedAction("toggle", "orders", [closedGates.window, closedGates.approval], { keyReference: keyArn })],
  });
}

const toggleSteps = (identifier: string): Partial<ManualStep> => {
  const modify = `aws rds modify-db-instance --region ${region} --db-instance-identifier ${identifier}`;
  const status = `--query 'DBInstances[0].MasterUserSecret.SecretArn || DBInstances[0].DBInstanceStatus' --output text`;
  return {
    rule: "secret-key-as-required",
    what: "Turn management off and on with the required key; the secret gets a new ARN.",
    awsCli: [
      `aws secretsmanager remove-regions-from-replication --region ${region} --secret-id '${secretArn}' --remove-replica-regions us-east-1`,
      `${modify} --no-manage-master-user-password --master-user-password "$(aws secretsmanager get-random-password --region ${region} --password-length 30 --exclude-punctuation --query RandomPassword --output text)"`,
      `until [ "$(aws rds describe-db-instances --region ${region} --db-instance-identifier ${identifier} ${status})" = available ]; do sleep 15; done`,
      `${modify} --manage-master-user-password --master-user-secret-kms-key-id ${otherKeyArn}`,
    ],
    cloudFormation: `ManageMasterUserPassword: true\nMasterUserSecret:\n  KmsKeyId: ${otherKeyArn}`,
    terraform: `manage_master_user_password   = true\nmaster_user_secret_kms_key_id = "${otherKeyArn}"`,
  };
};

/** Every kind of entry that a plan can have, in three accounts and Regions. */
export function aPlanOfEveryKind(): Plan {
  const { window, turn, approval, exempt, optedIn, stack } = closedGates;
  const replicated: GateResult = {
    gate: "secret-not-replicated",
    open: false,
    reason: `the secret is replicated to us-east-1, and RDS would silently leave management on: end the replication with aws secretsmanager remove-regions-from-replication --region ${region} --secret-id '${secretArn}' --remove-replica-regions us-east-1`,
  };
  const usEast = { region: "us-east-1" };
  const ledger = aPlannedDatabase("ledger", { kind: "cluster", account: "210987654321" });
  const pdb = aPlannedDatabase("oracle1/PDB1", { kind: "tenant-database", ...usEast });
  return aPlan({
    actions: [
      aPlannedAction("finish-interrupted", "gift-cards", [], { severity: "critical", keyReference: keyArn }),
      aPlannedAction("rotate", "billing", [], { severity: "medium" }),
      aPlannedAction("schedule-rotation", "catalog", [turn], { severity: "medium" }),
      aPlannedAction("rotate", "shop", [window], { rule: "secret-not-impaired" }),
      aPlannedAction("rotate", "tickets", [window, turn], { severity: "medium" }),
      aPlannedAction("toggle", "orders", [window, approval], { keyReference: keyArn }),
      aPlannedAction("schedule-rotation", "orders", [
        {
          gate: "first-in-line",
          open: false,
          reason: "toggle for secret-key-as-required comes first on this database: wait until it is done",
        },
      ]),
      aPlannedAction("toggle", "payments", [replicated, window], { keyReference: otherKeyArn }),
      aPlannedAction("enable", "reports", [exempt]),
      aPlannedAction("enable", "legacy", [optedIn, window, approval]),
      aPlannedAction("enable", "ledger", [stack], { database: ledger }),
      aPlannedAction("rotate", "oracle1/PDB1", [], { database: pdb }),
    ],
    manual: [
      aManualStep("payments", replicated, {
        ...toggleSteps("payments"),
        finding: `secret-key-as-required/${aPlannedDatabase("payments").arn}`,
      }),
      aManualStep("legacy", optedIn),
      aManualStep("invoices", optedIn, {
        finding: `secret-key-usable/${aPlannedDatabase("invoices").arn}`,
        rule: "secret-key-usable",
        reason: "the service has no action for it",
        what: `Keep the key: aws kms cancel-key-deletion --key-id ${keyArn}. Then enable it, and rotate the secret.`,
        awsCli: [
          `aws kms cancel-key-deletion --region ${region} --key-id ${keyArn}`,
          `aws kms enable-key --region ${region} --key-id ${keyArn}`,
        ],
        cloudFormation: null,
        terraform: null,
      }),
      aManualStep("ledger", stack, {
        database: ledger,
        finding: `master-password-managed/${ledger.arn}`,
        what: "Warn users of the master login, then enable RDS-managed passwords: aws rds modify-db-cluster --region eu-west-1 --db-cluster-identifier ledger --manage-master-user-password",
        awsCli: [
          "aws rds modify-db-cluster --region eu-west-1 --db-cluster-identifier ledger --manage-master-user-password",
        ],
      }),
    ],
  });
}

/** Many databases in two accounts, with nothing configured. */
export function aPlanOfACrowd(count: number): Plan {
  const { enabled, optedIn, window, approval } = closedGates;
  const databases = Array.from({ length: count }, (_, index) =>
    aPlannedDatabase(`db-${String(index).padStart(4, "0")}`, { account: index < count / 2 ? account : "210987654321" }),
  );
  const allowed: GateResult = {
    gate: "allowed",
    open: false,
    reason: "the policy does not allow enable: add it to remediation.allow",
  };
  return aPlan({
    actions: databases.map((database) =>
      aPlannedAction("enable", database.identifier, [enabled, allowed, optedIn, window, approval], { database }),
    ),
    manual: databases.map((database) => aManualStep(database.identifier, enabled, { database })),
  });
}
