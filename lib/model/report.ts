import * as z from "zod/mini";
import { databaseSchema, managements } from "./database.ts";
import { findingSchema } from "./finding.ts";
import { gapSchema } from "./inventory.ts";

const count = z.int().check(z.nonnegative());

/**
 * The result of an audit, and the contract that other tools build on; its JSON Schema is published with the package.
 * Findings are ordered by severity, then ARN, then rule; databases by ARN.
 */
export const reportSchema = z.object({
  schemaVersion: z.literal("1.0"),
  /** When AWS was asked; everything is judged as of then. */
  observedAt: z.iso.datetime(),
  generatedAt: z.iso.datetime(),
  tool: z.object({ name: z.string(), version: z.string() }),
  /** Everything was seen, and nothing active is wrong. */
  clean: z.boolean(),
  coverage: z.object({
    complete: z.boolean(),
    targets: z.array(
      z.object({ account: z.string(), region: z.string(), complete: z.boolean(), databases: count, calls: count }),
    ),
    gaps: z.array(gapSchema),
    /** Ids of the rules that judged, in their order: there is no finding of any other. */
    rules: z.array(z.string()),
    /** Rules that the policy switched off: nothing is said about them. */
    rulesOff: z.array(z.string()),
  }),
  summary: z.object({
    databases: count,
    managed: count,
    unmanaged: count,
    inherited: count,
    unsupported: count,
    outOfScope: count,
    /** Active NON_COMPLIANT findings by severity, then those that are exempt, then those that could not be judged. */
    findings: z.object({
      critical: count,
      high: count,
      medium: count,
      low: count,
      exempt: count,
      insufficientData: count,
    }),
  }),
  databases: z.array(
    z.extend(
      z.pick(databaseSchema, {
        arn: true,
        kind: true,
        identifier: true,
        resourceId: true,
        account: true,
        region: true,
        engine: true,
        engineVersion: true,
        status: true,
        masterUserSecret: true,
        tags: true,
      }),
      { management: z.enum(managements), reason: z.nullable(z.string()) },
    ),
  ),
  findings: z.array(findingSchema),
});
export type Report = z.infer<typeof reportSchema>;
