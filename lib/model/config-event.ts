import * as z from "zod/mini";
import { jsonText } from "./json-text.ts";

const item = z.object({
  awsAccountId: z.string(),
  awsRegion: z.string(),
  resourceType: z.string(),
  resourceId: z.string(),
  configurationItemStatus: z.string(),
  configurationItemCaptureTime: z.iso.datetime({ offset: true }),
});
export type ConfigurationItem = z.infer<typeof item>;

/**
 * What a configuration item's status says of its resource: true if it exists, false if it was deleted or is no longer recorded, null for a
 * status that AWS does not document.
 * Source: https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigurationItem.html
 */
export function isRecorded(status: string): boolean | null {
  if (["OK", "ResourceDiscovered"].includes(status)) return true;
  return ["ResourceDeleted", "ResourceDeletedNotRecorded", "ResourceNotRecorded"].includes(status) ? false : null;
}

const notification = z.discriminatedUnion("messageType", [
  z.object({ messageType: z.literal("ConfigurationItemChangeNotification"), configurationItem: item }),
  z.object({ messageType: z.literal("OversizedConfigurationItemChangeNotification"), configurationItemSummary: item }),
  z.object({
    messageType: z.literal("ScheduledNotification"),
    awsAccountId: z.string(),
    notificationCreationTime: z.iso.datetime({ offset: true }),
  }),
]);

/**
 * The event that AWS Config invokes a custom rule with; the parameter `rule` is the id of the rule to evaluate. A sample:
 *
 * ```json
 * { "version": "1.0", "accountId": "123456789012", "configRuleName": "rds-password-audit-prod-master-password-managed",
 *   "ruleParameters": "{\"rule\":\"master-password-managed\"}", "resultToken": "myResultToken", "eventLeftScope": false,
 *   "executionRoleArn": "arn:aws:iam::123456789012:role/config-role",
 *   "invokingEvent": "{\"messageType\":\"ConfigurationItemChangeNotification\",\"configurationItem\":{\"awsAccountId\":\"123456789012\",\"awsRegion\":\"eu-west-1\",\"resourceType\":\"AWS::RDS::DBInstance\",\"resourceId\":\"db-ABC\",\"configurationItemStatus\":\"OK\",\"configurationItemCaptureTime\":\"2026-11-24T01:36:34.043Z\"}}" }
 * ```
 * Source: https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_example-events.html
 */
export const configEventSchema = z.object({
  invokingEvent: z.pipe(jsonText, notification),
  ruleParameters: z.pipe(jsonText, z.object({ rule: z.string() })),
  resultToken: z.string().check(z.minLength(1)),
  eventLeftScope: z._default(z.boolean(), false),
  executionRoleArn: z.optional(z.string()),
  configRuleName: z.string(),
  accountId: z.string(),
});
export type ConfigEvent = z.infer<typeof configEventSchema>;
