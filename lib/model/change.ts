import * as z from "zod/mini";
import { findingSchema } from "./finding.ts";
import { reportSchema } from "./report.ts";

/** The type of change by the reason why a finding is published. */
export const changeTypes = {
  new: "finding.opened",
  worse: "finding.changed",
  "exemption-ended": "finding.changed",
  exempted: "finding.changed",
  fixed: "finding.resolved",
  "database-gone": "finding.resolved",
  "not-audited": "finding.resolved",
} as const;

/** A difference from the last audit. `finding` has the current state, or the last one if it is resolved. */
export const changeSchema = z.object({
  type: z.enum([...new Set(Object.values(changeTypes))]),
  reason: z.enum(Object.keys(changeTypes) as (keyof typeof changeTypes)[]),
  finding: findingSchema,
  at: z.iso.datetime(),
});
export type Change = z.infer<typeof changeSchema>;

/** A Region of an account that had databases at the last audit, and has none now: deleted, or not visible to the credentials. */
export const emptiedRegionSchema = z.object({
  account: z.string(),
  region: z.string(),
  /** How many databases the last audit found. */
  databases: z.int().check(z.positive()),
  /** How many findings were open. */
  findings: z.int().check(z.nonnegative()),
});
export type EmptiedRegion = z.infer<typeof emptiedRegionSchema>;

/** The summary of an audit, without its findings. */
export const digestSchema = z.extend(z.pick(reportSchema, { generatedAt: true, clean: true, summary: true }), {
  complete: z.boolean(),
  gaps: z.int().check(z.nonnegative()),
  /** When the oldest open violation was first seen; null if there is none. */
  oldestFirstSeenAt: z.nullable(z.iso.datetime()),
  /** Regions that had databases at the last audit and have none now: deleted, or not visible to the credentials. */
  emptiedRegions: z.array(emptiedRegionSchema),
  reportUrl: z.nullable(z.string()),
});
export type Digest = z.infer<typeof digestSchema>;
