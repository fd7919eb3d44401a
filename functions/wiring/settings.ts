import { en } from "zod/locales";
import * as z from "zod/mini";
import { severities } from "../../lib/model/finding.ts";
import type { Policy } from "../../lib/model/policy.ts";
import { isRegionName } from "../../lib/model/regions.ts";
import type { ReportRequest } from "../../lib/model/report.ts";

// Compiling a schema does not pay off, because a function parses each schema a few times. Messages are in English.
z.config({ ...en(), jitless: true });

const topicArn = z.string().check(z.regex(/^arn:[^:]+:sns:[^:]+:\d{12}:.+$/, "must be the ARN of an SNS topic"));

function toRegions(text: string): "all" | string[] {
  return text.trim() === "all" ? "all" : text.split(",").map((name) => name.trim());
}

function isRegions(text: string): boolean {
  const names = toRegions(text);
  return names === "all" || names.every(isRegionName);
}

const regions = z.pipe(
  z.string().check(z.refine(isRegions, 'must be "all", or Region names separated by commas')),
  z.transform(toRegions),
);

const auditSettings = z.object({
  REGIONS: regions,
  REPORT_BUCKET: z.string().check(z.minLength(3, "must be the name of a bucket")),
  FINDINGS_TOPIC_ARN: topicArn,
  ALERTS_TOPIC_ARN: topicArn,
  ALERT_THRESHOLD: z._default(z.enum(severities), "high"),
  SECURITY_HUB: z._default(z.enum(["on", "off"]), "off"),
  /** on: other accounts of the organization are read with their member role. */
  ORGANIZATION: z._default(z.enum(["on", "off"]), "off"),
  /** Empty if the deployment does not repair. */
  REMEDIATE_FUNCTION_ARN: z._default(
    z
      .string()
      .check(
        z.regex(
          /^(arn:[^:]+:lambda:[^:]+:\d{12}:function:[^:]+:[^:]+)?$/,
          "must be the ARN of a version or alias of a Lambda function",
        ),
      ),
    "",
  ),
});
export type AuditSettings = z.infer<typeof auditSettings>;

const remediationSettings = z.extend(
  z.pick(auditSettings, { REPORT_BUCKET: true, FINDINGS_TOPIC_ARN: true, ALERTS_TOPIC_ARN: true }),
  { REMEDIATION: z.enum(["on", "off"]) },
);
export type RemediationSettings = z.infer<typeof remediationSettings>;

const coordinatorSettings = z.extend(
  z.pick(auditSettings, {
    REPORT_BUCKET: true,
    FINDINGS_TOPIC_ARN: true,
    ALERTS_TOPIC_ARN: true,
    ALERT_THRESHOLD: true,
  }),
  {
    WORKER_FUNCTION_ARN: z
      .string()
      .check(
        z.regex(
          /^arn:[^:]+:lambda:[^:]+:\d{12}:function:[^:]+:[^:]+$/,
          "must be the ARN of a version of a Lambda function",
        ),
      ),
  },
);
export type CoordinatorSettings = z.infer<typeof coordinatorSettings>;

const workerSettings = z.extend(
  z.pick(auditSettings, { REGIONS: true, REPORT_BUCKET: true, FINDINGS_TOPIC_ARN: true, SECURITY_HUB: true }),
  /** The principals that may assume the member role, for the command that creates it. */
  { AUDITOR_ARNS: z._default(z.string(), "") },
);
export type WorkerSettings = z.infer<typeof workerSettings>;

/** The settings of the functions that publish. Throws at startup, naming the environment variables that are not valid. */
export function readAuditSettings(env: NodeJS.ProcessEnv): AuditSettings {
  return read(auditSettings, env);
}

/** The settings of the function that repairs. */
export function readRemediationSettings(env: NodeJS.ProcessEnv): RemediationSettings {
  return read(remediationSettings, env);
}

/** The settings of the function that coordinates a run over the organization. */
export function readCoordinatorSettings(env: NodeJS.ProcessEnv): CoordinatorSettings {
  return read(coordinatorSettings, env);
}

/** The settings of the function that audits some accounts of a run. */
export function readWorkerSettings(env: NodeJS.ProcessEnv): WorkerSettings {
  return read(workerSettings, env);
}

function read<T>(schema: z.ZodMiniType<T>, env: NodeJS.ProcessEnv): T {
  const parsed = schema.safeParse(env);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new Error(`The environment variables of the function are not valid. ${problems.join("; ")}`);
}

/** Packaging replaces this name with the policy file, parsed and checked by deploy/settings.ts. */
declare const PACKAGED_POLICY: Policy;

/** The policy of the deployment. */
export function packagedPolicy(): Policy {
  return PACKAGED_POLICY;
}

/** Packaging replaces this name with the name of the policy file and the SHA-256 of its bytes. */
declare const PACKAGED_POLICY_FILE: NonNullable<ReportRequest["policy"]>;

/** The policy file of the deployment, as reports name it. */
export function packagedPolicyFile(): ReportRequest["policy"] {
  return PACKAGED_POLICY_FILE;
}
