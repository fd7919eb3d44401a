import { DurableExecutionAlreadyStartedException, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import type { RemediationRequest } from "../model/remediation-request.ts";
import { toCallError } from "./call.ts";
import { type ClientOptions, toClientConfig } from "./client-config.ts";

/**
 * Starts an execution of a durable function under a name, in the Region of the function's ARN, which has to name a version or an alias.
 * One that there is under that name is left alone, whatever it was asked to do: Lambda starts no name twice.
 */
export async function startExecution(
  functionArn: string,
  execution: string,
  request: RemediationRequest,
  options: Omit<ClientOptions, "region"> = {},
): Promise<void> {
  const [, , service, region = "", , , , qualifier] = functionArn.split(":");
  if (service !== "lambda" || region === "" || qualifier === undefined)
    throw new Error(`"${functionArn}" is not the ARN of a version or alias of a Lambda function`);
  const client = new LambdaClient({ ...toClientConfig(options), region });
  try {
    await client.send(
      new InvokeCommand({
        FunctionName: functionArn,
        InvocationType: "Event",
        DurableExecutionName: execution,
        Payload: JSON.stringify(request),
      }),
    );
  } catch (error) {
    if (error instanceof DurableExecutionAlreadyStartedException) return;
    throw toCallError("lambda:InvokeFunction", error);
  } finally {
    client.destroy();
  }
}
