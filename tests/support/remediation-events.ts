import { defaultPolicy } from "../../lib/model/default-policy.ts";
import type { GateResult } from "../../lib/model/plan.ts";
import type { RemediationEvent } from "../../lib/model/remediation-event.ts";
import { account, databaseArn, hoursFromNow, keyArn, now, region, secretArn } from "./builders.ts";

/** A callback id of the maximum length. */
export const approvalId = `Y2FsbGJhY2s${"A1b2C3d4".repeat(120)}==`;

export const newSecretArn = secretArn.replace("0123abcd-xmJRDx", "9876fedc-QrStUv");

export const turnOn = `aws rds modify-db-instance --region ${region} --db-instance-identifier orders --manage-master-user-password --master-user-secret-kms-key-id ${keyArn}`;

/** By default, a toggle has started. */
export function aRemediationEvent(overrides: Partial<RemediationEvent> = {}): RemediationEvent {
  return {
    type: "remediation.started",
    at: now,
    execution: "db-ORDERS-1",
    action: "toggle",
    rule: "secret-key-as-required",
    severity: "high",
    database: {
      arn: databaseArn,
      kind: "instance",
      identifier: "orders",
      resourceId: "db-ORDERS",
      account,
      region,
    },
    message: "Management of the master password is about to be turned off and on again. The secret gets a new ARN.",
    secret: { before: secretArn, after: null },
    keyReference: keyArn,
    approvalId: null,
    until: null,
    gates: [],
    managed: null,
    recovery: [],
    ...overrides,
  };
}

/** Approval is requested. */
export function anApprovalRequest(overrides: Partial<RemediationEvent> = {}): RemediationEvent {
  return aRemediationEvent({
    type: "remediation.approval-requested",
    message:
      "Approve it within 3 days. Once approved, it waits for its window, which opens at 2026-11-29T03:00:00.000Z.",
    approvalId,
    until: hoursFromNow(defaultPolicy.remediation.approvalHours),
    ...overrides,
  });
}

/** The secret has a new ARN. */
export function aReplacement(overrides: Partial<RemediationEvent> = {}): RemediationEvent {
  return aRemediationEvent({
    type: "secret.replaced",
    message: "The master password is in a new secret.",
    secret: { before: secretArn, after: newSecretArn },
    ...overrides,
  });
}

/** A toggle that turned management off and could not turn it on again. */
export function aLeftOff(overrides: Partial<RemediationEvent> = {}): RemediationEvent {
  return aRemediationEvent({
    type: "remediation.failed",
    message: `Not repaired: management is off, the master password is unknown, and RDS does not turn management on: ${keyArn}: KMSKeyNotAccessibleFault: The specified KMS key [${keyArn}] does not exist, is not enabled or you do not have permissions to access it.; the default key: AccessDenied: not authorized to perform: secretsmanager:CreateSecret.`,
    secret: { before: null, after: null },
    keyReference: null,
    managed: false,
    recovery: [turnOn],
    ...overrides,
  });
}

/** A refusal because of closed gates. */
export function aRefusal(overrides: Partial<RemediationEvent> = {}): RemediationEvent {
  const gates: GateResult[] = [
    {
      gate: "status-available",
      open: false,
      reason: "orders is stopped: wait until it is available, or start it",
    },
    {
      gate: "secret-not-replicated",
      open: false,
      reason: `the secret is replicated to us-east-1, and RDS would silently leave management on: end the replication with aws secretsmanager remove-regions-from-replication --region ${region} --secret-id '${secretArn}' --remove-replica-regions us-east-1`,
    },
  ];
  return aRemediationEvent({
    type: "remediation.refused",
    message: `Nothing was changed: ${gates.map(({ gate, reason }) => `${gate}: ${reason}`).join("; ")}.`,
    secret: { before: null, after: null },
    keyReference: null,
    gates,
    ...overrides,
  });
}
