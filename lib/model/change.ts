import * as z from "zod/mini";
import { findingSchema } from "./finding.ts";
import { reportSchema } from "./report.ts";

/** Why a finding is published, and what kind of change each reason makes it. */
export const changeTypes = {
  new: "finding.opened",
  worse: "finding.changed",
  "exemption-ended": "finding.changed",
  exempted: "finding.changed",
  fixed: "finding.resolved",
  "database-gone": "finding.resolved",
  "not-audited": "finding.resolved",
} as const;

/** Something wrong that is not as it was at the last audit; `finding` is as it is now, or as it was last where it is resolved. */
export const changeSchema = z.object({
  type: z.enum([...new Set(Object.values(changeTypes))]),
  reason: z.enum(Object.keys(changeTypes) as (keyof typeof changeTypes)[]),
  finding: findingSchema,
  at: z.iso.datetime(),
});
export type Change = z.infer<typeof changeSchema>;

/** The daily digest: what the audit found, without the findings themselves. */
export const digestSchema = z.extend(z.pick(reportSchema, { generatedAt: true, clean: true, summary: true }), {
  complete: z.boolean(),
  gaps: z.int().check(z.nonnegative()),
  /** Since when the oldest finding that is neither exempt nor unknown is open; null where there is none. */
  oldestFirstSeenAt: z.nullable(z.iso.datetime()),
  reportUrl: z.nullable(z.string()),
});
export type Digest = z.infer<typeof digestSchema>;
