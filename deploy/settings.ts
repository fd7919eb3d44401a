import { readFileSync } from "node:fs";
import * as z from "zod";
import { UsageError } from "../lib/model/errors.ts";
import { severities } from "../lib/model/finding.ts";
import { suggest } from "../lib/model/nearest.ts";
import { type Policy, parsePolicy } from "../lib/model/policy.ts";
import { isRegionName, knownRegions } from "../lib/model/regions.ts";
import { longestIntervalDays } from "../lib/model/rotation-schedule.ts";
import { rules } from "../rules/index.ts";

/** What CloudWatch Logs takes as retention, in days. */
const logRetentions = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** What AWS Config takes as the frequency of a rule. */
const configFrequencies = ["One_Hour", "Three_Hours", "Six_Hours", "Twelve_Hours", "TwentyFour_Hours"] as const;

/** CloudWatch looks back seven days at most, and an audit is overdue after one and a half of its intervals. */
const longestOverdueHours = 7 * 24;

const ruleIds = rules.map(({ id }) => id);

const onOff = z.enum(["on", "off"]);

/** Text that may be left empty: then there is nothing of it. */
function optional(pattern: RegExp, message: string) {
  return z.string("must be text").refine((text) => text === "" || pattern.test(text), message);
}

function list(text: string): string[] {
  return text.split(",").flatMap((item) => item.trim() || []);
}

const topicArn = optional(
  /^arn:[^:]+:sns:[^:]+:\d{12}:[\w-]{1,256}$/,
  "must be the ARN of an SNS topic, and not of a FIFO one, which Amazon Q Developer in chat applications does not take",
);
const keyArn = optional(/^arn:[^:]+:kms:[^:]+:\d{12}:key\/[\w-]+$/, "must be the ARN of a KMS key, not an alias");

const schedule = z.string("must be text").transform((expression, context) => {
  const overdueHours = Math.ceil(1.5 * 24 * (intervalDays(expression) ?? Number.NaN));
  if (overdueHours >= 1 && overdueHours <= longestOverdueHours) return { expression, overdueHours };
  context.addIssue({
    code: "custom",
    message: Number.isNaN(overdueHours)
      ? "must be a rate in hours or days, as in rate(1 day), or a cron expression with a fixed minute and any year, as in cron(30 5 * * ? *), in UTC"
      : "must be at least every four days, or no alarm can tell that an audit did not run",
  });
  return z.NEVER;
});

/** The longest time between two audits; null where EventBridge Scheduler would not take the expression, or nobody can tell. */
function intervalDays(expression: string): number | null {
  const [, kind, body = ""] = /^(rate|cron)\((.*)\)$/.exec(expression) ?? [];
  const fields = body.split(/ +/);
  if (kind === "rate" && (fields[0] === "1") === fields[1]?.endsWith("s")) return null;
  // Of the day of the month and the day of the week, one must be given and the other be "?".
  if (kind === "cron" && (fields[2] === "?") === (fields[4] === "?")) return null;
  // How long the gaps are does not depend on the minute.
  const onTheHour = expression.replace(/^cron\([0-5]?\d /, "cron(0 ");
  return longestIntervalDays({ scheduleExpression: onTheHour, automaticallyAfterDays: null, duration: null });
}

const regions = z.string("must be text").transform((text, context) => {
  if (text.trim() === "all") return "all" as const;
  const names = list(text);
  const wrong = names.find((name) => !isProbablyRegion(name));
  if (wrong === undefined) return names;
  const message =
    wrong === "all"
      ? 'must be Regions with commas between, or "all" alone'
      : `must be Regions with commas between, or all, not "${wrong}"${suggest(wrong, [...knownRegions, "all"])}`;
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});

/** A Region that this project knows, or another of the same place: AWS may have added it since. */
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
    throw new UsageError(`names the file ${path}, which cannot be read`);
  }
  try {
    return parsePolicy(text, path, ruleIds);
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`names a file that is no policy: ${error.message}`);
    throw error;
  }
}

/** The parameters of the deployment; `params.default` in serverless.yml has their defaults and says what they do. */
const settingsSchema = z
  .strictObject({
    schedule,
    regions,
    policy,
    alertThreshold: z.enum(severities),
    securityHub: onOff,
    configRules: onOff,
    configFrequency: z.enum(configFrequencies),
    configAccounts: z
      .string("must be text")
      .transform(list)
      .pipe(z.array(z.string().regex(/^\d{12}$/, "must be account ids of 12 digits, with commas between"))),
    configRoleName: optional(/^[\w+=,.@-]{1,64}$/, "must be the name of an IAM role, without its path"),
    remediation: onOff,
    findingsTopicArn: topicArn,
    alertsTopicArn: topicArn,
    kmsKeyArn: keyArn,
    logKmsKeyArn: keyArn,
    logRetentionDays: z.coerce
      .number("must be a number of days")
      .refine((days) => logRetentions.includes(days), `must be one of ${logRetentions.join(", ")}`),
    reportRetentionDays: z.coerce
      .number("must be a number of days")
      .int("must be whole days")
      .min(30, "must be 30 days or more")
      .max(36_500, "must be 100 years at most"),
    permissionsBoundary: optional(
      /^arn:[^:]+:iam::(\d{12}|aws):policy\/[\w+=,.@/-]+$/,
      "must be the ARN of an IAM policy",
    ),
    reservedConcurrency: onOff,
    logLevel: z.enum(["DEBUG", "INFO", "WARN", "ERROR"]),
  })
  .superRefine(({ configAccounts, configRoleName }, context) => {
    const need = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
    if (configAccounts.length > 0 && configRoleName === "")
      need("configRoleName", "must be given with configAccounts: it is the role that is assumed in those accounts");
    if (configAccounts.length === 0 && configRoleName !== "")
      need("configAccounts", "must be given with configRoleName: it says in which accounts that role is assumed");
  });
export type Settings = z.infer<typeof settingsSchema>;

/** The names of the parameters, in the order in which they are documented. */
export const settingNames = Object.keys(settingsSchema.shape) as (keyof Settings)[];

/**
 * Reads the parameters of a deployment in one Region. Throws a UsageError with one sentence for each parameter that makes no sense,
 * which names it and says what it must be.
 */
export function readSettings(given: Readonly<Record<string, unknown>>, stackRegion: string): Settings {
  const parsed = settingsSchema.safeParse(given, { reportInput: true });
  if (!parsed.success) throw new UsageError(parsed.error.issues.map(describe).join(" "));
  for (const name of ["findingsTopicArn", "alertsTopicArn", "kmsKeyArn", "logKmsKeyArn"] as const) {
    const [, , , region = stackRegion] = parsed.data[name].split(":");
    if (region !== stackRegion)
      throw new UsageError(
        `The parameter "${name}" must be in the Region of the stack, ${stackRegion}, not in ${region}.`,
      );
  }
  return parsed.data;
}

function describe(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => `There is no parameter "${key}"${suggest(key, settingNames)}.`).join(" ");
  const [name = ""] = issue.path;
  const said = issue.code === "invalid_value" ? `must be one of ${issue.values.map(String).join(", ")}` : issue.message;
  const given = typeof issue.input === "string" || typeof issue.input === "number" ? `, not "${issue.input}"` : "";
  const saysIt = !said.startsWith("must") || said.includes(", not ");
  return `The parameter "${String(name)}" ${said}${saysIt ? "" : given}.`;
}
