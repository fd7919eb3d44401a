import {
  CallbackTimeoutException,
  InvalidParameterValueException,
  LambdaClient,
  ResourceNotFoundException,
  SendDurableExecutionCallbackSuccessCommand,
} from "@aws-sdk/client-lambda";
import { UsageError } from "../model/errors.ts";
import { toCallError } from "./call.ts";
import { type ClientOptions, toClientConfig } from "./client-config.ts";

/** What a person says, and who it is (an ARN, as AWS STS names it). */
export type Approval = { readonly decision: "approved" | "rejected"; readonly by: string };

/** How Lambda says that nobody waits for this answer: all that is sent beside the id is ours, and valid. */
const gone = [CallbackTimeoutException, InvalidParameterValueException, ResourceNotFoundException];

/** Answers an execution that asked for approval, in the Region where it runs; "no" is an answer too. Throws a UsageError where nobody asked. */
export async function answerApproval(id: string, approval: Approval, options: ClientOptions = {}): Promise<void> {
  if (id === "") throw noRequest(id);
  const client = new LambdaClient(toClientConfig(options));
  try {
    const command = new SendDurableExecutionCallbackSuccessCommand({
      CallbackId: id,
      Result: JSON.stringify(approval),
    });
    await client.send(command);
  } catch (error) {
    if (gone.some((refusal) => error instanceof refusal)) throw noRequest(id);
    throw toCallError("lambda:SendDurableExecutionCallbackSuccess", error);
  } finally {
    client.destroy();
  }
}

function noRequest(id: string): UsageError {
  return new UsageError(`There is no request for approval "${id}": it was answered, or has expired.`);
}
