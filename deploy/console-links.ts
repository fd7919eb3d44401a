import { toConsoleHost } from "../lib/model/regions.ts";
import type { Settings } from "./settings.ts";
import { ownAccount, pseudo } from "./statement.ts";

const functionIds = {
  audit: "Audit",
  recheck: "Recheck",
  configRule: "ConfigRule",
  remediate: "Remediate",
  templateHook: "TemplateHook",
  auditOrganization: "AuditOrganization",
} as const;

/**
 * Links for `Fn::Sub` to the log and to the dead-letter queue of each function, in the console of the stack's Region. `scheduled` are those of
 * the function that the schedule starts.
 */
export function consoleLinks(region: string, { organization }: Pick<Settings, "organization">) {
  const origin = `https://${toConsoleHost(region)}`;
  // The console encodes the slashes of a log group's name twice, with a dollar sign for the percent sign.
  const logPrefix = "/aws/lambda/".replaceAll("/", "$252F");
  const queues = `${encodeURIComponent(`https://sqs.${region}.`)}${pseudo("URLSuffix")}%2F${ownAccount}%2F`;
  const entries = Object.entries(functionIds).map(([name, id]) => [
    name,
    {
      log: `${origin}/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/${logPrefix}${reference(`${id}LambdaFunction`)}`,
      deadLetters: `${origin}/sqs/v3/home?region=${region}#/queues/${queues}${reference(`${id}DeadLetters.QueueName`)}`,
    },
  ]);
  const links = Object.fromEntries(entries) as Record<keyof typeof functionIds, { log: string; deadLetters: string }>;
  return { ...links, scheduled: organization === "on" ? links.auditOrganization : links.audit };
}

/** A resource of the stack, or one of its attributes, for `Fn::Sub`. */
function reference(name: string): string {
  return `\${${name}}`;
}
