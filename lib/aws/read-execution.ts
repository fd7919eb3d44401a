import { GetDurableExecutionCommand, LambdaClient, ResourceNotFoundException } from "@aws-sdk/client-lambda";
import { required, toCallError } from "./call.ts";
import { type ClientOptions, toClientConfig } from "./client-config.ts";
import { withSignal } from "./time-limit.ts";

const action = "lambda:GetDurableExecution";

/**
 * Whether Lambda still runs a durable execution. It forgets an execution some time after its end. Throws an AwsCallError if Lambda does not
 * say.
 */
export async function isExecutionRunning(execution: string, options: ClientOptions = {}): Promise<boolean> {
  const client = withSignal(new LambdaClient(toClientConfig(options)), options.signal);
  try {
    const { Status } = await client.send(new GetDurableExecutionCommand({ DurableExecutionArn: execution }));
    return required(action, Status) === "RUNNING";
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return false;
    throw toCallError(action, error);
  } finally {
    client.destroy();
  }
}
