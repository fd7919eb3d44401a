import * as z from "zod/mini";
import { gateResultSchema } from "./plan.ts";
import { remediationRequestSchema } from "./remediation-request.ts";

/** Types of the events that a repair publishes. */
export const remediationEventTypes = [
  /** The repair needs approval. `approvalId` is what `rds-password-audit approve` takes. */
  "remediation.approval-requested",
  /** The repair is about to start. */
  "remediation.started",
  /** Management has been off for a while, and the repair goes on. `message` says why RDS does not turn it on. */
  "remediation.delayed",
  /** The secret has a new ARN. Consumers that store the old one must change it. */
  "secret.replaced",
  /** The repair is done, and its rule passes. */
  "remediation.succeeded",
  /** The repair failed. `recovery` has commands to run by hand. */
  "remediation.failed",
  /** The repair was not started: a gate is closed, or approval was rejected. */
  "remediation.refused",
] as const;

const arn = z.nullable(z.string());

/** One event of a repair, as it is published. */
export const remediationEventSchema = z.object({
  type: z.enum(remediationEventTypes),
  at: z.iso.datetime(),
  execution: z.string(),
  ...remediationRequestSchema.shape,
  /** One or more sentences for people. */
  message: z.string(),
  /** ARN of the managed secret before and after; null if there is none, or none yet. */
  secret: z.object({ before: arn, after: arn }),
  /** KMS key of the new secret; null for the default key, or if there is no new secret. */
  keyReference: z.nullable(z.string()),
  approvalId: z.nullable(z.string()),
  /** When the approval request expires; null if none was made. */
  until: z.nullable(z.iso.datetime()),
  /** The closed gates of a refused repair. */
  gates: z.array(gateResultSchema),
  /** Whether RDS manages the master password after a failed repair; null if unknown. */
  managed: z.nullable(z.boolean()),
  /** Commands to run by hand, in this order. */
  recovery: z.array(z.string()),
});
export type RemediationEvent = z.infer<typeof remediationEventSchema>;

/** The optional parts of an event, all empty. */
export const noDetails = {
  secret: { before: null, after: null },
  keyReference: null,
  approvalId: null,
  until: null,
  gates: [],
  managed: null,
  recovery: [],
} satisfies Partial<RemediationEvent>;
