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

/** A decision, and the ARN of the caller who made it, as AWS STS reports it. */
export type ApprovalDecision = { readonly decision: "approved" | "rejected"; readonly by: string };

/** Lambda's errors for an id that has no open request. The rest of the call is valid, so an invalid parameter is the id. */
const gone = [CallbackTimeoutException, InvalidParameterValueException, ResourceNotFoundException];

/** Approves or rejects a request of an execution, in the Region where it runs. Throws a UsageError if there is no such request. */
export async function answerApproval(
  id: string,
  approval: ApprovalDecision,
  options: ClientOptions = {},
): Promise<void> {
  if (id === "") throw noRequest(id);
  const client = new LambdaClient(toClientConfig(options));
  try {
    const Result = JSON.stringify(approval);
    await client.send(new SendDurableExecutionCallbackSuccessCommand({ CallbackId: id, Result }));
  } catch (error) {
    if (gone.some((refusal) => error instanceof refusal)) throw noRequest(id);
    throw toCallError("lambda:SendDurableExecutionCallbackSuccess", error);
  } finally {
    client.destroy();
  }
}

function noRequest(id: string): UsageError {
  return new UsageError(`There is no approval request "${id}": it was answered or has expired.`);
}
