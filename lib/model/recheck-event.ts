import * as z from "zod/mini";

const envelope = z.object({ id: z.string(), account: z.string(), region: z.string(), time: z.iso.datetime() });
const text = z.optional(z.string());

/**
 * An RDS event about a database. The ARN matters after a deletion, when no API call returns it.
 *
 * ```json
 * { "id": "844e2571-85d4-695f-b930-0153b71dcb42", "detail-type": "RDS DB Instance Event", "source": "aws.rds",
 *   "account": "123456789012", "region": "eu-west-1", "time": "2026-11-24T19:34:09Z",
 *   "detail": { "SourceType": "DB_INSTANCE", "SourceIdentifier": "orders", "EventID": "RDS-EVENT-0003",
 *     "SourceArn": "arn:aws:rds:eu-west-1:123456789012:db:orders" } }
 * ```
 */
const rdsEvent = z.extend(envelope, {
  "detail-type": z.enum(["RDS DB Instance Event", "RDS DB Cluster Event"]),
  detail: z.object({ SourceIdentifier: z.string(), SourceArn: text, EventID: text }),
});

/**
 * A rotation gave a managed secret a new current version.
 *
 * ```json
 * { "id": "a7f3…", "detail-type": "Secret Label Updated", "source": "aws.secretsmanager", "account": "123456789012",
 *   "region": "eu-west-1", "time": "2026-11-24T19:34:09Z",
 *   "resources": ["arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!db-0123-a1b2c3"],
 *   "detail": { "name": "rds!db-0123", "labelUpdated": "AWSCURRENT" } }
 * ```
 */
const labelEvent = z.extend(envelope, {
  "detail-type": z.literal("Secret Label Updated"),
  resources: z.array(z.string()).check(z.minLength(1)),
});

/**
 * A CloudTrail service event, such as a failed rotation.
 *
 * ```json
 * { "id": "c0ff…", "detail-type": "AWS Service Event via CloudTrail", "source": "aws.secretsmanager", "account": "123456789012",
 *   "region": "eu-west-1", "time": "2026-11-24T19:34:09Z",
 *   "detail": { "eventSource": "secretsmanager.amazonaws.com", "eventName": "RotationFailed",
 *     "additionalEventData": { "SecretId": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!db-0123-a1b2c3" } } }
 * ```
 */
const serviceEvent = z.extend(envelope, {
  "detail-type": z.literal("AWS Service Event via CloudTrail"),
  detail: z.object({ eventName: z.string(), additionalEventData: z.object({ SecretId: z.string() }) }),
});

/**
 * A CloudTrail record of a call that created, restored or changed a database or its secret, that made a key usable or unusable, or that
 * changed who may use it.
 * CloudTrail does not document the case of the parameter names, so names are compared without case.
 *
 * ```json
 * { "id": "beef…", "detail-type": "AWS API Call via CloudTrail", "source": "aws.rds", "account": "123456789012",
 *   "region": "eu-west-1", "time": "2026-11-24T19:34:09Z",
 *   "detail": { "eventSource": "rds.amazonaws.com", "eventName": "ModifyDBInstance",
 *     "requestParameters": { "dBInstanceIdentifier": "orders", "manageMasterUserPassword": true } } }
 * ```
 *
 * The secret is a name or an ARN, as the caller gave it.
 *
 * ```json
 * { "id": "cafe…", "detail-type": "AWS API Call via CloudTrail", "source": "aws.secretsmanager", "account": "123456789012",
 *   "region": "eu-west-1", "time": "2026-11-24T19:34:09Z",
 *   "detail": { "eventSource": "secretsmanager.amazonaws.com", "eventName": "CancelRotateSecret",
 *     "requestParameters": { "secretId": "rds!db-0123" } } }
 * ```
 *
 * A call that retires a grant by its token names the key only in the answer, and in `resources`.
 *
 * ```json
 * { "id": "f00d…", "detail-type": "AWS API Call via CloudTrail", "source": "aws.kms", "account": "123456789012",
 *   "region": "eu-west-1", "time": "2026-11-24T19:34:09Z",
 *   "detail": { "eventSource": "kms.amazonaws.com", "eventName": "RetireGrant", "requestParameters": null,
 *     "responseElements": { "keyId": "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab" },
 *     "resources": [{ "ARN": "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab" }] } }
 * ```
 */
const callEvent = z.extend(envelope, {
  "detail-type": z.literal("AWS API Call via CloudTrail"),
  detail: z.object({
    eventSource: z.string(),
    eventName: z.string(),
    errorCode: text,
    requestParameters: z.nullish(z.record(z.string(), z.unknown())),
    responseElements: z.nullish(z.object({ keyId: text })),
    resources: z.optional(z.array(z.object({ ARN: text }))),
  }),
});

/** An EventBridge event after which a verdict may have changed. */
export const recheckEventSchema = z.discriminatedUnion("detail-type", [rdsEvent, labelEvent, serviceEvent, callEvent]);
export type RecheckEvent = z.infer<typeof recheckEventSchema>;
