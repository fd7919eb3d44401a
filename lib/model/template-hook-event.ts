import * as z from "zod/mini";

const properties = z.record(z.string(), z.unknown());

/**
 * The event that a CloudFormation Lambda hook invokes its function with, before a resource changes. The properties are resolved, so they can
 * have the password. A sample:
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
 * Source: https://docs.aws.amazon.com/cloudformation-cli/latest/hooks-userguide/lambda-hooks-create-lambda-function.html
 */
export const templateHookEventSchema = z.object({
  clientRequestToken: z.string(),
  awsAccountId: z.string(),
  stackId: z.optional(z.nullable(z.string())),
  actionInvocationPoint: z.string(),
  requestData: z.object({
    targetName: z.string(),
    targetLogicalId: z.optional(z.nullable(z.string())),
    /** Absent for the target operations STACK and CHANGE_SET, which the hook does not ask for. */
    targetModel: z.object({ resourceProperties: z.nullable(properties) }),
  }),
});
export type TemplateHookEvent = z.infer<typeof templateHookEventSchema>;

/**
 * What the function answers. `InternalFailure` says that the resource could not be judged.
 * Source: the same page
 */
export type TemplateHookAnswer = {
  readonly hookStatus: "SUCCESS" | "FAILED";
  readonly errorCode?: "NonCompliant" | "InternalFailure";
  readonly message: string;
  readonly clientRequestToken: string;
};
