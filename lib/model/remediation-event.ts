import * as z from "zod/mini";
import { gateResultSchema } from "./plan.ts";
import { remediationRequestSchema } from "./remediation-request.ts";

/** What is told of a repair, to machines and to people. */
export const remediationEventTypes = [
  /** Somebody has to approve it: `approvalId` is what `rds-password-audit approve` takes. */
  "remediation.approval-requested",
  /** It is about to begin. */
  "remediation.started",
  /** A secret has another ARN now: whoever stores the old one has to be told. */
  "secret.replaced",
  /** The rule that asked for it passes. */
  "remediation.succeeded",
  /** It did not come to that; `recovery` has what a person can do. */
  "remediation.failed",
  /** It was not begun after all: a gate is closed, or somebody rejected it. */
  "remediation.refused",
] as const;

const arn = z.nullable(z.string());

/** One step of a repair, as it is announced. */
export const remediationEventSchema = z.object({
  type: z.enum(remediationEventTypes),
  at: z.iso.datetime(),
  execution: z.string(),
  ...remediationRequestSchema.shape,
  /** One sentence for a person. */
  message: z.string(),
  /** The managed secret's ARN before and after; null where there is none, or not yet. */
  secret: z.object({ before: arn, after: arn }),
  /** The KMS key of the new secret; null for the default key, and where there is no new secret. */
  keyReference: z.nullable(z.string()),
  approvalId: z.nullable(z.string()),
  /** Until when it can be approved; null where nobody is asked. */
  until: z.nullable(z.iso.datetime()),
  /** Where it was refused, the gates that are closed. */
  gates: z.array(gateResultSchema),
  /** Where it failed, whether RDS manages the master password now: false where a repair left it off; null where that was not seen. */
  managed: z.nullable(z.boolean()),
  /** Commands, in their order, that a person can run where one is needed. */
  recovery: z.array(z.string()),
});
export type RemediationEvent = z.infer<typeof remediationEventSchema>;

/** What an event says where it has nothing to say. */
export const nothingMore = {
  secret: { before: null, after: null },
  keyReference: null,
  approvalId: null,
  until: null,
  gates: [],
  managed: null,
  recovery: [],
} satisfies Partial<RemediationEvent>;
