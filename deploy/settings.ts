import { readFileSync } from "node:fs";
import * as z from "zod";
import { parseArn } from "../lib/model/arn.ts";
import { UsageError } from "../lib/model/errors.ts";
import { severities } from "../lib/model/finding.ts";
import { suggest } from "../lib/model/nearest.ts";
import { type Policy, parsePolicy } from "../lib/model/policy.ts";
import { isRegionName, knownRegions } from "../lib/model/regions.ts";
import { longestIntervalDays } from "../lib/model/rotation-schedule.ts";
import { policyRuleIds } from "../rules/index.ts";

/** The retention periods of CloudWatch Logs, in days. */
const logRetentions = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** The frequencies of an AWS Config rule. */
const configFrequencies = ["One_Hour", "Three_Hours", "Six_Hours", "Twelve_Hours", "TwentyFour_Hours"] as const;

/** A CloudWatch alarm evaluates at most seven days. An audit is overdue after 1.5 intervals. */
const longestOverdueHours = 7 * 24;

const onOff = z.enum(["on", "off"]);

/** Text that matches a pattern or is empty. */
function optional(pattern: RegExp, message: string) {
  return z.string("must be text").refine((text) => text === "" || pattern.test(text), message);
}

function list(text: string): string[] {
  return text.split(",").flatMap((item) => item.trim() || []);
}

/** Amazon Q Developer in chat applications does not support FIFO topics. */
const topicArn = optional(
  /^arn:[^:]+:sns:[^:]+:\d{12}:[\w-]{1,256}$/,
  "must be the ARN of a standard (not FIFO) SNS topic",
);
const keyArn = optional(/^arn:[^:]+:kms:[^:]+:\d{12}:key\/[\w-]+$/, "must be the ARN of a KMS key, not of an alias");

const schedule = z.string("must be text").transform((expression, context) => {
  const overdueHours = Math.ceil(1.5 * 24 * (intervalDays(expression) ?? Number.NaN));
  if (overdueHours >= 1 && overdueHours <= longestOverdueHours) return { expression, overdueHours };
  context.addIssue({
    code: "custom",
    message: Number.isNaN(overdueHours)
      ? "must be a rate in hours or days, such as rate(1 day), or a cron expression in UTC with a fixed minute and any year, such as cron(30 5 * * ? *)"
      : "must run at least every four days (an alarm could not detect a missing audit otherwise)",
  });
  return z.NEVER;
});

/** The longest time between two audits; null if EventBridge Scheduler would reject the expression, or the time is unknown. */
function intervalDays(expression: string): number | null {
  const [, kind, body = ""] = /^(rate|cron)\((.*)\)$/.exec(expression) ?? [];
  const fields = body.split(/ +/);
  if (kind === "rate" && (fields[0] === "1") === fields[1]?.endsWith("s")) return null;
  // Exactly one of day-of-month and day-of-week must be "?".
  if (kind === "cron" && (fields[2] === "?") === (fields[4] === "?")) return null;
  // The minute does not change the intervals.
  const onTheHour = expression.replace(/^cron\([0-5]?\d /, "cron(0 ");
  return longestIntervalDays({ scheduleExpression: onTheHour, automaticallyAfterDays: null, duration: null });
}

const regions = z.string("must be text").transform((text, context) => {
  if (text.trim() === "all") return "all" as const;
  const names = list(text);
  const unknown = names.find((name) => !isProbablyRegion(name));
  if (unknown === undefined) return names;
  const message =
    unknown === "all"
      ? 'must be Regions separated by commas, or "all" alone'
      : `must be Regions separated by commas, or all, not "${unknown}"${suggest(unknown, [...knownRegions, "all"])}`;
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});

/** True for a known Region, and for a new one in the area of a known one, because AWS may have added it since. */
function isProbablyRegion(name: string): boolean {
  const toArea = (region: string) => region.replace(/\d+$/, "");
  return isRegionName(name) && knownRegions.some((known) => toArea(known) === toArea(name));
}

const policy = z.string("must be text").transform((path, context) => {
  try {
    return readPolicyFile(path);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    context.addIssue({ code: "custom", message: error.message.replace(/\.$/, "") });
    return z.NEVER;
  }
});

function readPolicyFile(path: string): Policy {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    throw new UsageError(`names the file "${path}", which cannot be read`);
  }
  try {
    return parsePolicy(text, path, policyRuleIds);
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`names an invalid policy file: ${error.message}`);
    throw error;
  }
}

/** The parameters of the deployment. `params.default` in serverless.yml documents them and has their defaults. */
const settingsSchema = z
  .strictObject({
    schedule,
    regions,
    policy,
    organization: onOff,
    organizationId: optional(/^o-[a-z0-9]{10,32}$/, "must be the ID of an organization, as in o-a1b2c3d4e5"),
    alertThreshold: z.enum(severities),
    securityHub: onOff,
    configRules: onOff,
    configFrequency: z.enum(configFrequencies),
    configAccounts: z
      .string("must be text")
      .transform(list)
      .pipe(z.array(z.string().regex(/^\d{12}$/, "must be 12-digit account ids separated by commas"))),
    configRoleName: optional(/^[\w+=,.@-]{1,64}$/, "must be the name of an IAM role, without its path"),
    remediation: onOff,
    templateHook: z.enum(["off", "warn", "fail"]),
    templateHookStacks: onOff,
    findingsTopicArn: topicArn,
    alertsTopicArn: topicArn,
    kmsKeyArn: keyArn,
    logKmsKeyArn: keyArn,
    logRetentionDays: z.coerce
      .number("must be a number of days")
      .refine((days) => logRetentions.includes(days), `must be one of ${logRetentions.join(", ")}`),
    reportRetentionDays: z.coerce
      .number("must be a number of days")
      .int("must be a whole number of days")
      .min(30, "must be at least 30 days")
      .max(36_500, "must be at most 100 years"),
    reportLock: z.enum(["off", "governance", "compliance"]),
    reportsTable: onOff,
    permissionsBoundary: optional(
      /^arn:[^:]+:iam::(\d{12}|aws):policy\/[\w+=,.@/-]+$/,
      "must be the ARN of an IAM policy",
    ),
    reservedConcurrency: onOff,
    recheckConcurrency: z.coerce
      .number("must be a number")
      .int("must be a whole number")
      .min(1, "must be at least 1")
      .max(100, "must be at most 100"),
    logLevel: z.enum(["DEBUG", "INFO", "WARN", "ERROR"]),
  })
  .superRefine((settings, context) => {
    const { configAccounts, configRoleName, organization, organizationId, policy, remediation } = settings;
    const { templateHook, templateHookStacks } = settings;
    const addIssue = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
    if (organization === "on" && policy.organization.externalId === undefined)
      addIssue(
        "organization",
        "must be off, or the policy must set organization.externalId, which the member role requires",
      );
    if (organization === "on" && remediation === "on")
      addIssue(
        "remediation",
        "must be off with organization: repairs are deployed in the account of the databases, as a stack of another stage",
      );
    if (organization === "off" && organizationId !== "")
      addIssue("organizationId", "must be empty unless organization is on");
    if (templateHookStacks === "on" && templateHook === "off")
      addIssue("templateHookStacks", "must be off without templateHook, which judges what a template does not show");
    if (configAccounts.length > 0 && configRoleName === "")
      addIssue("configRoleName", "must be set with configAccounts: it names the role to assume in those accounts");
    if (configAccounts.length === 0 && configRoleName !== "")
      addIssue("configAccounts", "must be set with configRoleName: it names the accounts in which to assume that role");
  });
export type Settings = z.infer<typeof settingsSchema>;

/** The names of the parameters, in their documented order. */
export const settingNames = Object.keys(settingsSchema.shape) as (keyof Settings)[];

/**
 * Validates the parameters of a deployment in one Region. Throws a UsageError with one sentence for each invalid parameter, which
 * names it and says what it must be.
 */
export function readSettings(params: Readonly<Record<string, unknown>>, stackRegion: string): Settings {
  const parsed = settingsSchema.safeParse(params, { reportInput: true });
  if (!parsed.success) throw new UsageError(parsed.error.issues.map(describeIssue).join(" "));
  for (const name of ["findingsTopicArn", "alertsTopicArn", "kmsKeyArn", "logKmsKeyArn"] as const) {
    const region = parseArn(parsed.data[name])?.region ?? stackRegion;
    if (region !== stackRegion)
      throw new UsageError(`The parameter "${name}" must be in the stack's Region, ${stackRegion}, not in ${region}.`);
  }
  return parsed.data;
}

function describeIssue(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => `There is no parameter "${key}"${suggest(key, settingNames)}.`).join(" ");
  const [name = ""] = issue.path;
  const requirement =
    issue.code === "invalid_value" ? `must be one of ${issue.values.map(String).join(", ")}` : issue.message;
  const hasInput = typeof issue.input === "string" || typeof issue.input === "number";
  const isComplete = !hasInput || !requirement.startsWith("must") || requirement.includes(", not ");
  return `The parameter "${String(name)}" ${requirement}${isComplete ? "" : `, not "${issue.input}"`}.`;
}
