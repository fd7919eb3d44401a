import * as z from "zod";
import { severities } from "../../lib/model/finding.ts";
import type { Policy } from "../../lib/model/policy.ts";
import { isRegionName } from "../../lib/model/regions.ts";

// Compiling a schema pays for those who parse often; a function parses each a few times.
z.config({ jitless: true });

const topicArn = z.string().regex(/^arn:[^:]+:sns:[^:]+:\d{12}:.+$/, "must be the ARN of an SNS topic");

const regions = z
  .string()
  .transform((text) => (text.trim() === "all" ? ("all" as const) : text.split(",").map((name) => name.trim())))
  .refine((names) => names === "all" || names.every(isRegionName), 'must be Regions with commas between, or "all"');

const auditSettings = z.object({
  REGIONS: regions,
  REPORT_BUCKET: z.string().min(3, "must be the name of a bucket"),
  FINDINGS_TOPIC_ARN: topicArn,
  ALERTS_TOPIC_ARN: topicArn,
  ALERT_THRESHOLD: z.enum(severities).default("high"),
  SECURITY_HUB: z.enum(["on", "off"]).default("off"),
  /** Empty where nothing is ever repaired. */
  REMEDIATE_FUNCTION_ARN: z
    .string()
    .regex(
      /^(arn:[^:]+:lambda:[^:]+:\d{12}:function:[^:]+:[^:]+)?$/,
      "must be the ARN of a function's version or alias",
    )
    .default(""),
});
export type AuditSettings = z.infer<typeof auditSettings>;

const remediationSettings = auditSettings
  .pick({ REPORT_BUCKET: true, FINDINGS_TOPIC_ARN: true, ALERTS_TOPIC_ARN: true })
  .extend({ REMEDIATION: z.enum(["on", "off"]) });
export type RemediationSettings = z.infer<typeof remediationSettings>;

/** What the deployment has set for the functions that publish. Throws at start-up, with the name of the variable that makes no sense. */
export function readAuditSettings(env: NodeJS.ProcessEnv): AuditSettings {
  return read(auditSettings, env);
}

/** The same for the function that repairs. */
export function readRemediationSettings(env: NodeJS.ProcessEnv): RemediationSettings {
  return read(remediationSettings, env);
}

function read<T>(schema: z.ZodType<T>, env: NodeJS.ProcessEnv): T {
  const parsed = schema.safeParse(env);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new Error(`The function's environment cannot be used. ${problems.join("; ")}`);
}

/** What packaging puts in place of this name: the policy file, read and checked by deploy/settings.ts. */
declare const PACKAGED_POLICY: Policy;

/** The policy that travels with the deployment. */
export function packagedPolicy(): Policy {
  return PACKAGED_POLICY;
}
