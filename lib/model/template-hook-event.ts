import * as z from "zod/mini";

const properties = z.record(z.string(), z.unknown());
const textOrNone = z.optional(z.nullable(z.string()));

/** Before a resource changes: the target operations RESOURCE and CLOUD_CONTROL. */
const resourceData = z.object({
  targetName: z.string(),
  targetLogicalId: textOrNone,
  targetModel: z.object({ resourceProperties: z.nullable(properties) }),
});

/** Before a stack changes, or when a change set is created. `payload` is a presigned URL of the template, which is a credential. */
const templateData = z.object({
  targetName: z.enum(["STACK", "CHANGE_SET"]),
  targetLogicalId: textOrNone,
  payload: z.string().check(z.regex(/^https:\/\/[^/]/, "must be an HTTPS URL")),
});

/**
 * The event that a CloudFormation Lambda hook invokes its function with. The properties of a resource are resolved, so they can have the
 * password. Samples: before a resource changes, before a stack changes, and when a change set is created.
 *
 * ```json
 * { "clientRequestToken": "00000000-0000-0000-0000-000000000000", "awsAccountId": "123456789012",
 *   "stackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/orders/9f2b0f30", "changeSetId": null,
 *   "hookTypeName": "RdsPasswordAudit::MasterPassword::StageProd", "hookTypeVersion": "00000001",
 *   "hookModel": { "LambdaFunction": "arn:aws:lambda:eu-west-1:123456789012:function:rds-password-audit-prod-templateHook" },
 *   "actionInvocationPoint": "CREATE_PRE_PROVISION",
 *   "requestData": { "targetName": "AWS::RDS::DBInstance", "targetType": "AWS::RDS::DBInstance", "targetLogicalId": "Orders",
 *     "targetModel": { "resourceProperties": { "Engine": "postgres", "MasterUsername": "postgres", "MasterUserPassword": "resolved" },
 *       "previousResourceProperties": null } },
 *   "requestContext": { "invocation": 1, "callbackContext": null } }
 * ```
 * ```json
 * { "clientRequestToken": "f8da6d11-b23f-48f4-814c-0fb6a667f50e", "awsAccountId": "123456789012",
 *   "stackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/orders/9f2b0f30", "changeSetId": null,
 *   "hookTypeName": "RdsPasswordAudit::MasterPassword::StageProdStacks", "hookTypeVersion": "00000008",
 *   "hookModel": { "LambdaFunction": "arn:aws:lambda:eu-west-1:123456789012:function:rds-password-audit-prod-templateHook" },
 *   "actionInvocationPoint": "UPDATE_PRE_PROVISION",
 *   "requestData": { "targetName": "STACK", "targetType": "STACK", "targetLogicalId": "orders", "payload": "https://s3.eu-west-1.amazonaws.com/payload" },
 *   "requestContext": { "invocation": 1, "callbackContext": null } }
 * ```
 * ```json
 * { "clientRequestToken": "f8da6d11-b23f-48f4-814c-0fb6a667f50e", "awsAccountId": "123456789012",
 *   "stackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/orders/9f2b0f30",
 *   "changeSetId": "arn:aws:cloudformation:eu-west-1:123456789012:changeSet/first/1a2345b6",
 *   "hookTypeName": "RdsPasswordAudit::MasterPassword::StageProdStacks", "hookTypeVersion": "00000008",
 *   "hookModel": { "LambdaFunction": "arn:aws:lambda:eu-west-1:123456789012:function:rds-password-audit-prod-templateHook" },
 *   "actionInvocationPoint": "CREATE_PRE_PROVISION",
 *   "requestData": { "targetName": "CHANGE_SET", "targetType": "CHANGE_SET", "targetLogicalId": "arn:aws:cloudformation:eu-west-1:123456789012:changeSet/first/1a2345b6",
 *     "payload": "https://s3.eu-west-1.amazonaws.com/payload" },
 *   "requestContext": { "invocation": 1, "callbackContext": null } }
 * ```
 * Source: https://docs.aws.amazon.com/cloudformation-cli/latest/hooks-userguide/lambda-hooks-create-lambda-function.html
 */
export const templateHookEventSchema = z.object({
  clientRequestToken: z.string(),
  awsAccountId: z.string(),
  stackId: textOrNone,
  actionInvocationPoint: z.string(),
  requestData: z.union([resourceData, templateData]),
});
export type TemplateHookEvent = z.infer<typeof templateHookEventSchema>;
export type ResourceData = z.infer<typeof resourceData>;

/** What the payload of a stack has. The templates are YAML or JSON. Source: the same page */
export const stackPayloadSchema = z.object({ template: z.string(), previousTemplate: textOrNone });
export type StackPayload = z.infer<typeof stackPayloadSchema>;

/** What the payload of a change set has. The contexts are JSON, in which booleans and numbers are texts. Source: the same page */
export const changeSetPayloadSchema = z.object({
  template: z.string(),
  changedResources: z.array(
    z.object({
      logicalResourceId: z.string(),
      resourceType: z.string(),
      action: z.string(),
      afterContext: textOrNone,
    }),
  ),
});
export type ChangeSetPayload = z.infer<typeof changeSetPayloadSchema>;

/**
 * What the function answers. `InternalFailure` says that the target could not be judged.
 * Source: the same page
 */
export type TemplateHookAnswer = {
  readonly hookStatus: "SUCCESS" | "FAILED";
  readonly errorCode?: "NonCompliant" | "InternalFailure";
  readonly message: string;
  readonly clientRequestToken: string;
};
