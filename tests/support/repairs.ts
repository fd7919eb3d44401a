import type { Target } from "../../lib/model/inventory.ts";
import type { Policy } from "../../lib/model/policy.ts";
import {
  type Attempt,
  emptyRemediationState,
  type RemediationState,
  type Running,
} from "../../lib/model/remediation-state.ts";
import { formatToggleMarker } from "../../lib/model/toggle-marker.ts";
import {
  account,
  aKeyPolicy,
  aMasterUserSecret,
  aPlainDatabase,
  aPolicy,
  aSecret,
  aTarget,
  databaseArn,
  hoursFromNow,
  keyArn,
  otherKeyArn,
  region,
} from "./builders.ts";

/** A policy that allows every action on every database at any time without approval. */
export function aPermissivePolicy(
  remediation: Partial<Policy["remediation"]> = {},
  overrides: Partial<Policy> = {},
): Policy {
  const policy = aPolicy(overrides);
  return {
    ...policy,
    remediation: {
      ...policy.remediation,
      allow: ["schedule-rotation", "rotate", "toggle", "enable"],
      optIn: [{ identifier: ["*"] }],
      approval: [],
      window: ["any-time"],
      ...remediation,
    },
  };
}

/** A target with one healthy managed database and everything that a repair reads. */
export function aTargetForRepair(overrides: Partial<Target> = {}): Target {
  const target = aTarget({
    secrets: [aSecret({ replicaRegions: [] })],
    resourcePolicies: [{ secretArn: aSecret().arn, policy: null }],
    keyPolicies: [keyArn, otherKeyArn].map((arn) => ({ keyArn: arn, policy: aKeyPolicy() })),
    globalClusterMembers: [],
    blueGreenDeployments: [],
    proxies: [],
    keyTrials: [{ keyArn, refusal: null }],
    ...overrides,
  });
  // No database has started recently.
  return { ...target, starts: target.databases.map(({ arn }) => ({ databaseArn: arn, startedAt: null })) };
}

/** Unmanaged DB instances with these names. */
export function unmanagedInstances(...identifiers: readonly string[]) {
  return identifiers.map((identifier) =>
    aPlainDatabase({
      arn: arnOf(identifier),
      identifier,
      resourceId: `db-${identifier.toUpperCase()}`,
    }),
  );
}

/** A managed DB instance with this name, and its secret. */
export function aManagedInstance(identifier: string, secret: Parameters<typeof aSecret>[0] = {}) {
  const secretArn = `arn:aws:secretsmanager:${region}:${account}:secret:rds!db-${identifier}-xmJRDx`;
  const [plain = aPlainDatabase()] = unmanagedInstances(identifier);
  return {
    database: { ...plain, masterUserSecret: aMasterUserSecret({ secretArn }) },
    secret: aSecret({ arn: secretArn, primaryArns: [plain.arn], replicaRegions: [], ...secret }),
  };
}

export function arnOf(identifier: string): string {
  return `arn:aws:rds:${region}:${account}:db:${identifier}`;
}

export function aState(overrides: Partial<RemediationState> = {}): RemediationState {
  return { ...emptyRemediationState, ...overrides };
}

/** The resource ID of the tests' DB instance with this ARN. */
export function resourceIdOf(arn: string): string {
  return `db-${arn.slice(arn.lastIndexOf(":") + 1).toUpperCase()}`;
}

/** A rotation of the tests' database that failed two days ago. */
export function anAttempt(overrides: Partial<Attempt> = {}): Attempt {
  return {
    resourceId: resourceIdOf(overrides.arn ?? databaseArn),
    arn: databaseArn,
    account,
    region,
    action: "rotate",
    rule: "secret-not-impaired",
    startedAt: hoursFromNow(-49),
    endedAt: hoursFromNow(-48),
    outcome: "failed",
    ...overrides,
  };
}

/** An execution that has been rotating the tests' database for an hour. */
export function anExecution(overrides: Partial<Running> = {}): Running {
  return {
    execution: "db-ORDERS-1",
    resourceId: resourceIdOf(overrides.arn ?? databaseArn),
    arn: databaseArn,
    account,
    region,
    action: "rotate",
    rule: "secret-not-impaired",
    isChanging: true,
    since: hoursFromNow(-1),
    expiresAt: hoursFromNow(49),
    ...overrides,
  };
}

/** The tag value of a toggle that started an hour ago. */
export function aMark(overrides: Partial<Parameters<typeof formatToggleMarker>[0]> = {}): string {
  return formatToggleMarker({
    startedAt: hoursFromNow(-1),
    keyReference: keyArn,
    execution: "db-ORDERS-1",
    oldSecretSuffix: "OLDold",
    ...overrides,
  });
}

/** The secret snapshots of these databases: what the toggle of `aMark` has stored. */
export function snapshotsOf(...resourceIds: readonly string[]): RemediationState["secretSnapshots"] {
  const snapshot = {
    ...{ rule: "secret-key-as-required", offRequestedAt: "2026-11-20T12:00:05.000Z" },
    ...{ secretArn: `arn:aws:secretsmanager:${region}:${account}:secret:rds!db-OLD-OLDold`, keyReference: keyArn },
    ...{ rotationEnabled: true, rotationRules: null, tags: {}, resourcePolicy: null },
  };
  return Object.fromEntries(resourceIds.map((resourceId) => [resourceId, snapshot]));
}
