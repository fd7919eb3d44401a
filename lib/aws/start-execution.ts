import { DurableExecutionAlreadyStartedException, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { parseArn } from "../model/arn.ts";
import type { RemediationRequest } from "../model/remediation-request.ts";
import { toCallError } from "./call.ts";
import { type ClientOptions, toClientConfig } from "./client-config.ts";
import { withSignal } from "./time-limit.ts";

/**
 * Starts an execution of a durable function under a name, in the Region of the function's ARN, which must name a version or an alias. Lambda
 * starts a name only once. Returns false if it refuses, because an execution of that name exists with another request, running or ended. If
 * one with the same request exists, Lambda accepts the call and starts none, so that a repeated call does no harm.
 */
export async function startExecution(
  functionArn: string,
  execution: string,
  request: RemediationRequest,
  options: Omit<ClientOptions, "region"> = {},
): Promise<boolean> {
  const arn = parseArn(functionArn);
  if (arn?.service !== "lambda" || arn.region === "" || !/^function:[^:]+:[^:]+$/.test(arn.resource))
    throw new Error(`"${functionArn}" is not the ARN of a version or alias of a Lambda function`);
  const client = withSignal(new LambdaClient({ ...toClientConfig(options), region: arn.region }), options.signal);
  try {
    const durable = { FunctionName: functionArn, DurableExecutionName: execution };
    await client.send(new InvokeCommand({ ...durable, InvocationType: "Event", Payload: JSON.stringify(request) }));
    return true;
  } catch (error) {
    if (error instanceof DurableExecutionAlreadyStartedException) return false;
    throw toCallError("lambda:InvokeFunction", error);
  } finally {
    client.destroy();
  }
}
