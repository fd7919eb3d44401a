import * as z from "zod/mini";
import { remediationRequestSchema } from "./remediation-request.ts";

/** One of the conditions of an action: whether it holds, why, and where it does not, what would open it. */
export const gateResultSchema = z.object({ gate: z.string(), open: z.boolean(), reason: z.string() });
export type GateResult = z.infer<typeof gateResultSchema>;

/** What could be done about one finding. */
const plannedActionSchema = z.object({
  /** `<action>/<rule>/<database ARN>`. */
  id: z.string(),
  ...remediationRequestSchema.shape,
  gates: z.array(gateResultSchema),
  /** All gates are open. */
  runnable: z.boolean(),
  /** What it does to those who use the database. */
  impact: z.string(),
  /** The key that a toggle turns management on with, as RDS takes it; null for the default key, and where no key is chosen. */
  keyReference: z.nullable(z.string()),
});
export type PlannedAction = z.infer<typeof plannedActionSchema>;

/** What only a person can do about a finding, in the words of each tool; a tool that cannot do it is null. */
export const manualStepSchema = z.object({
  finding: z.string(),
  database: remediationRequestSchema.shape.database,
  rule: z.string(),
  /** Why the service does not do it. */
  reason: z.string(),
  what: z.string(),
  awsCli: z.array(z.string()),
  cloudFormation: z.nullable(z.string()),
  terraform: z.nullable(z.string()),
});
export type ManualStep = z.infer<typeof manualStepSchema>;

/**
 * What would be done, in the order in which it would be begun, and what stands in the way. The contract of `plan --format json`; its JSON
 * Schema is published with the package.
 */
export const planSchema = z.object({
  schemaVersion: z.literal("1.0"),
  observedAt: z.iso.datetime(),
  /** Everything was seen: what is not here is not to be done. */
  complete: z.boolean(),
  actions: z.array(plannedActionSchema),
  manual: z.array(manualStepSchema),
});
export type Plan = z.infer<typeof planSchema>;
