import * as z from "zod/mini";
import { actionNames } from "./action.ts";
import { rotationRulesSchema } from "./secret.ts";

const text = z.string();
const instant = z.iso.datetime();

/** What an execution does. The resource ID identifies the database; its ARN is the one at the start, and changes when it is renamed. */
const task = {
  ...{ resourceId: text, arn: text, account: text, region: text },
  ...{ action: z.enum(actionNames), rule: text },
};

/** The slot of an execution that has not ended. After `expiresAt`, when its lease expires, it counts as interrupted. */
const runningSchema = z.object({
  /** Unique to one run: an execution of the service, or one process at a terminal. */
  execution: z.string(),
  ...task,
  /** True if it may have changed something. It then counts against the budget. */
  isChanging: z.boolean(),
  since: instant,
  expiresAt: instant,
});
export type Running = z.infer<typeof runningSchema>;

/** How an action ended that may have changed something, or whose approval was rejected. */
export const outcomes = ["repaired", "failed", "interrupted", "rejected"] as const;

const attemptSchema = z.object({ ...task, startedAt: instant, endedAt: instant, outcome: z.enum(outcomes) });
export type Attempt = z.infer<typeof attemptSchema>;

/** What a toggle loses. Stored before it starts, so that the execution that finishes it can restore it. */
const secretSnapshotSchema = z.object({
  /** The rule that required the toggle. */
  rule: z.string(),
  /** Set before RDS is asked to turn management off. Null: it was not asked. */
  offRequestedAt: z.nullable(instant),
  secretArn: z.string(),
  /** The key as RDS reported it. */
  keyReference: z.nullable(z.string()),
  rotationEnabled: z.boolean(),
  rotationRules: z.nullable(rotationRulesSchema),
  /** The secret's own tags, without those that AWS sets. */
  tags: z.record(z.string(), z.string()),
  /** JSON text. */
  resourcePolicy: z.nullable(z.string()),
});
export type SecretSnapshot = z.infer<typeof secretSnapshotSchema>;

/** The execution that turns management on, and the rule that required it. */
const unannouncedSchema = z.object({ execution: text, rule: text });
export type Unannounced = z.infer<typeof unannouncedSchema>;

/**
 * What executions share: slots, attempts, and whether repairs are paused. A write succeeds only if there was no other since the read, so that
 * of two executions only one gets the last slot in a budget.
 */
export const remediationStateSchema = z.object({
  schemaVersion: z.literal("1.0"),
  running: z.array(runningSchema),
  /** The last 30 days, oldest first. */
  attempts: z.array(attemptSchema),
  /** Number of ended executions by resource ID. Part of the next execution's name. */
  ended: z.record(z.string(), z.int().check(z.nonnegative())),
  failuresInARow: z.int().check(z.nonnegative()),
  /** Set while repairs are paused, by a person or by the circuit breaker. */
  stopped: z.nullable(z.object({ at: instant, by: z.string(), why: z.string() })),
  /** By resource ID. */
  secretSnapshots: z.record(z.string(), secretSnapshotSchema),
  /** Databases whose first secret `enable` may have created and nothing has announced yet, by resource ID. */
  unannounced: z.record(z.string(), unannouncedSchema),
});
export type RemediationState = z.infer<typeof remediationStateSchema>;

/** The state before the first execution. */
export const emptyRemediationState: RemediationState = {
  schemaVersion: "1.0",
  running: [],
  attempts: [],
  ended: {},
  failuresInARow: 0,
  stopped: null,
  secretSnapshots: {},
  unannounced: {},
};
