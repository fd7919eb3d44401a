import * as z from "zod/mini";
import { consumersReportSchema } from "./consumer.ts";
import { gateNames } from "./gates.ts";
import { remediationRequestSchema } from "./remediation-request.ts";

/** A gate of an action: whether it is open, why, and how to open it if it is closed. */
export const gateResultSchema = z.object({
  gate: z.enum(gateNames),
  open: z.boolean(),
  reason: z.string(),
  /** Set if a dry run takes the gate as open although it is not. */
  assumed: z.optional(z.literal(true)),
  /** Set if a rotation that cannot wait leaves the gate out although it is closed. */
  leftOut: z.optional(z.literal(true)),
});
export type GateResult = z.infer<typeof gateResultSchema>;

/** A repair of one finding by the service. */
const plannedActionSchema = z.object({
  /** `<action>/<rule>/<database ARN>`. */
  id: z.string(),
  ...remediationRequestSchema.shape,
  gates: z.array(gateResultSchema),
  /** All gates are open or assumed to be. */
  runnable: z.boolean(),
  /** What the action does to users of the database. */
  impact: z.string(),
  /** What turning management on changes for this database. Empty for a database that is managed already. */
  consequences: z.array(z.object({ code: z.string(), text: z.string(), source: z.string(), asOf: z.string() })),
  /** Key of the new secret, as RDS takes it. Null for the default key, and if no key can be chosen. */
  keyReference: z.nullable(z.string()),
});
export type PlannedAction = z.infer<typeof plannedActionSchema>;

/** How a person repairs a finding that the service does not. A tool that cannot do it is null. */
export const manualStepSchema = z.object({
  finding: z.string(),
  database: remediationRequestSchema.shape.database,
  rule: z.string(),
  /** Why the service does not repair it. */
  reason: z.string(),
  what: z.string(),
  awsCli: z.array(z.string()),
  cloudFormation: z.nullable(z.string()),
  terraform: z.nullable(z.string()),
});
export type ManualStep = z.infer<typeof manualStepSchema>;

/**
 * The actions that remediation would start, in order, each with its gates, and the steps that need manual action. This is the contract of
 * `plan --format json`; its JSON Schema is published with the package.
 */
export const planSchema = z.object({
  schemaVersion: z.literal("1.0"),
  observedAt: z.iso.datetime(),
  /** True if everything could be read: what the plan does not list needs no repair. */
  complete: z.boolean(),
  actions: z.array(plannedActionSchema),
  manual: z.array(manualStepSchema),
  /** What may stop working after each `enable` and `toggle`. Only if it was asked for. */
  consumers: z.optional(z.array(consumersReportSchema)),
});
export type Plan = z.infer<typeof planSchema>;
