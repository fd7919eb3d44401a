import * as z from "zod/mini";
import { databaseIdentitySchema, databaseSchema, managements } from "./database.ts";
import { findingSchema } from "./finding.ts";
import { gapSchema } from "./inventory.ts";

const count = z.int().check(z.nonnegative());

const countBySeverity = { critical: count, high: count, medium: count, low: count };

/** A secret that RDS created and no database names, and the ARN of the database it was created for. */
const orphanedSecretSchema = z.object({
  arn: z.string(),
  createdFor: z.nullable(z.string()),
  createdAt: z.nullable(z.string()),
});

/**
 * The result of an audit: the contract with other tools. Its JSON Schema is published with the package. Findings are sorted by severity,
 * then ARN, then rule; databases by ARN.
 */
export const reportSchema = z.object({
  schemaVersion: z.literal("1.0"),
  /** When AWS was read. Everything is judged as of this time. */
  observedAt: z.iso.datetime(),
  generatedAt: z.iso.datetime(),
  tool: z.object({ name: z.string(), version: z.string() }),
  /** True if everything was read and there is no active violation. */
  clean: z.boolean(),
  coverage: z.object({
    complete: z.boolean(),
    targets: z.array(
      z.object({
        account: z.string(),
        region: z.string(),
        complete: z.boolean(),
        databases: count,
        calls: count,
        /** Secrets that RDS created and no database names. Null if that is unknown: the secrets were not listed, or a list is incomplete. */
        orphanedSecrets: z.nullable(z.array(orphanedSecretSchema)),
      }),
    ),
    gaps: z.array(gapSchema),
    /** IDs of the rules that were evaluated, in their order. No other rule has findings. */
    rules: z.array(z.string()),
    /** IDs of the rules that the policy switches off. */
    rulesOff: z.array(z.string()),
  }),
  summary: z.object({
    databases: count,
    managed: count,
    unmanaged: count,
    inherited: count,
    unsupported: count,
    outOfScope: count,
    /** Active NON_COMPLIANT findings by severity, then exempt ones, then INSUFFICIENT_DATA. */
    findings: z.object({ ...countBySeverity, exempt: count, insufficientData: count }),
  }),
  databases: z.array(
    z.object({
      ...databaseIdentitySchema.shape,
      ...z.pick(databaseSchema, { engine: true, engineVersion: true, status: true, masterUserSecret: true, tags: true })
        .shape,
      management: z.enum(managements),
      reason: z.nullable(z.string()),
    }),
  ),
  findings: z.array(findingSchema),
});
export type Report = z.infer<typeof reportSchema>;
