import * as z from "zod/mini";

/**
 * EventBridge event of Lambda: a durable execution ended without success. A named execution has its name in the ARN and in a field of its own.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/durable-monitoring.html
 *
 * ```json
 * { "id": "d019b03c-a8a3-9d58-85de-241e96206538", "detail-type": "Durable Execution Status Change", "source": "aws.lambda",
 *   "account": "123456789012", "region": "eu-west-1", "time": "2026-11-24T13:08:22Z",
 *   "detail": {
 *     "durableExecutionArn": "arn:aws:lambda:eu-west-1:123456789012:function:rds-password-audit-prod-remediate:7/durable-execution/db-ORDERS-1-20261124/9f7d84c9-ea3d-3ffc-b3e5-5ec51c34ffc9",
 *     "durableExecutionName": "db-ORDERS-1-20261124",
 *     "functionArn": "arn:aws:lambda:eu-west-1:123456789012:function:rds-password-audit-prod-remediate:7",
 *     "status": "TIMED_OUT", "startTimestamp": "2026-11-24T12:08:22.345Z", "endTimestamp": "2026-11-24T13:08:22.345Z" } }
 * ```
 */
export const executionEventSchema = z.object({
  id: z.string(),
  account: z.string(),
  region: z.string(),
  "detail-type": z.literal("Durable Execution Status Change"),
  detail: z.object({
    durableExecutionArn: z.string(),
    durableExecutionName: z.optional(z.string()),
    status: z.enum(["FAILED", "TIMED_OUT", "STOPPED"]),
  }),
});
export type ExecutionEvent = z.infer<typeof executionEventSchema>;

/**
 * Extracts the name of a durable execution from its ARN, `…:function:NAME:VERSION/durable-execution/<name>/<id>`, in letters, digits, hyphens
 * and underscores, which RDS accepts in a tag. Outside Lambda an execution has only an id, which is then its name.
 */
export function toExecutionName(arn: string): string {
  const name = /\/durable-execution\/([^/]+)/.exec(arn)?.[1] ?? arn.split("/").at(-1) ?? arn;
  return name.replaceAll(/[^\w-]/g, "-");
}

/** Possible names of the execution: ARN and field have been observed to differ. */
export function namesOf({ detail }: ExecutionEvent): readonly string[] {
  const { durableExecutionArn, durableExecutionName } = detail;
  return [toExecutionName(durableExecutionArn), ...(durableExecutionName === undefined ? [] : [durableExecutionName])];
}
