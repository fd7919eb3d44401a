import * as z from "zod/mini";
import { actionNames } from "./action.ts";
import { rotationRulesSchema } from "./secret.ts";
import type { StoredFile } from "./stored-file.ts";

const instant = z.iso.datetime();

/** An execution that has not ended. One that is silent past `expiresAt` counts as interrupted. */
const runningSchema = z.object({
  execution: z.string(),
  arn: z.string(),
  account: z.string(),
  region: z.string(),
  action: z.enum(actionNames),
  rule: z.string(),
  /** Whether it may have changed something: it then counts against the budget. */
  isChanging: z.boolean(),
  since: instant,
  expiresAt: instant,
});
export type Running = z.infer<typeof runningSchema>;

/** What became of an action that changed something, or may have; and of one that a person did not want. */
export const outcomes = ["repaired", "failed", "interrupted", "rejected"] as const;

const attemptSchema = z.object({
  arn: z.string(),
  account: z.string(),
  region: z.string(),
  action: z.enum(actionNames),
  rule: z.string(),
  startedAt: instant,
  endedAt: instant,
  outcome: z.enum(outcomes),
});
export type Attempt = z.infer<typeof attemptSchema>;

/** What a toggle loses, written down before it begins, so that whoever finishes it can restore it. */
const secretSnapshotSchema = z.object({
  secretArn: z.string(),
  /** The key as RDS reported it. */
  keyReference: z.nullable(z.string()),
  rotationEnabled: z.boolean(),
  rotationRules: z.nullable(rotationRulesSchema),
  /** The secret's own tags, without those that AWS gives it. */
  tags: z.record(z.string(), z.string()),
  /** JSON text. */
  resourcePolicy: z.nullable(z.string()),
});
export type SecretSnapshot = z.infer<typeof secretSnapshotSchema>;

/**
 * What holds across executions: who is at work, what was tried, whether anything may be begun at all. It is written on condition that
 * nobody else wrote it meanwhile, so that of two executions one gets the last place of a budget.
 */
export const remediationStateSchema = z.object({
  schemaVersion: z.literal("1.0"),
  running: z.array(runningSchema),
  /** Of the last 30 days, oldest first. */
  attempts: z.array(attemptSchema),
  /** How many executions a database has had, by ARN: the next one's name follows from it. */
  ended: z.record(z.string(), z.int().check(z.nonnegative())),
  failuresInARow: z.int().check(z.nonnegative()),
  /** Set while nothing may be begun: too many failures in a row, or a person. */
  stopped: z.nullable(z.object({ at: instant, by: z.string(), why: z.string() })),
  /** By the ARN of the database. */
  secretSnapshots: z.record(z.string(), secretSnapshotSchema),
});
export type RemediationState = z.infer<typeof remediationStateSchema>;

/** Before the first execution. */
export const emptyRemediationState: RemediationState = {
  schemaVersion: "1.0",
  running: [],
  attempts: [],
  ended: {},
  failuresInARow: 0,
  stopped: null,
  secretSnapshots: {},
};

/** Where the state of remediation is kept. */
export const remediationStateFile: StoredFile<RemediationState> = {
  name: "remediation.json",
  what: "state of remediation",
  schema: remediationStateSchema,
  empty: emptyRemediationState,
  whatToDo:
    "restore an earlier version of it; without it nobody would know who is at work, what was tried, and what an interrupted toggle has to restore",
};
