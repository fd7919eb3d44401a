import { type BatchResultErrorEntry, PublishBatchCommand, SNSClient } from "@aws-sdk/client-sns";
import { bytesOf, maxMessageBytes, type OutgoingMessage, type Refused } from "../model/topic-message.ts";
import { toBatches } from "./batches.ts";
import { call } from "./call.ts";
import { type ClientOptions, toClientConfig } from "./client-config.ts";
import { deliver, pauseAfter, settleDeliveries } from "./deliver.ts";

/** Of one call. Source: https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html */
const maxEntries = 10;

/** Of a message that SNS did not take for no fault of the message's. */
const attempts = 4;

/** `PublishBatch` is allowed by the permission to publish. */
const action = "sns:Publish";

/**
 * Publishes to a standard topic, in the Region that its ARN names, and answers with the messages that SNS did not take; they can be sent
 * again. Throws an AwsCallError where a call failed and no message was taken.
 */
export async function publishMessages(
  topicArn: string,
  messages: readonly OutgoingMessage[],
  options: Omit<ClientOptions, "region"> = {},
): Promise<readonly Refused[]> {
  const [, , service, region = ""] = topicArn.split(":");
  if (service !== "sns" || region === "") throw new Error(`"${topicArn}" is not the ARN of an SNS topic`);
  const tooLarge = messages.filter((message) => bytesOf(message) > maxMessageBytes);
  const fitting = messages.filter((message) => bytesOf(message) <= maxMessageBytes);
  const client = new SNSClient({ ...toClientConfig(options), region });
  try {
    const batches = toBatches(fitting, { maxItems: maxEntries, maxBytes: maxMessageBytes, sizeOf: bytesOf });
    const delivery = await deliver(batches, {
      action,
      toId: ({ id }) => id,
      send: (batch) => publishBatch(client, topicArn, batch),
    });
    const reason = `a message has at most ${maxMessageBytes} bytes, its attributes included`;
    return [...tooLarge.map(({ id }) => ({ id, reason })), ...settleDeliveries([delivery])];
  } finally {
    client.destroy();
  }
}

/** One call, and more for those of its messages that may yet be taken. */
async function publishBatch(
  client: SNSClient,
  TopicArn: string,
  batch: readonly OutgoingMessage[],
): Promise<readonly Refused[]> {
  const refused: Refused[] = [];
  let left = batch;
  for (let attempt = 1; ; attempt += 1) {
    const PublishBatchRequestEntries = left.map(toEntry);
    const answer = call(action, client.send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries })));
    const outcome = await answer.catch((error: Error) => {
      if (attempt === 1) throw error;
      return error;
    });
    // Some messages are published by now: that one call failed must not look as if none were.
    if (outcome instanceof Error) return [...refused, ...left.map(({ id }) => ({ id, reason: outcome.message }))];
    const taken = new Set(outcome.Successful?.map(({ Id }) => Id));
    const failures = new Map(outcome.Failed?.map((failure) => [failure.Id, failure]));
    const again: OutgoingMessage[] = [];
    for (const [index, message] of left.entries()) {
      if (taken.has(String(index))) continue;
      const failure = failures.get(String(index));
      if (attempt < attempts && mayYetBeTaken(failure)) again.push(message);
      else refused.push({ id: message.id, reason: describe(failure) });
    }
    if (again.length === 0) return refused;
    left = again;
    await pauseAfter(attempt);
  }
}

/** The entry's id is its place, because SNS takes only 80 letters, digits, hyphens and underscores. */
function toEntry({ body, attributes }: OutgoingMessage, index: number) {
  const MessageAttributes = Object.fromEntries(
    Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: "String", StringValue }]),
  );
  return { Id: String(index), Message: body, MessageAttributes };
}

/** SNS blames the sender for throttling too. A message of which it says nothing was not taken either. */
function mayYetBeTaken(failure: BatchResultErrorEntry | undefined): boolean {
  return failure?.SenderFault !== true || /throttl/i.test(failure.Code ?? "");
}

function describe(failure: BatchResultErrorEntry | undefined): string {
  if (failure === undefined) return "SNS did not say whether it was published";
  return failure.Message === undefined ? (failure.Code ?? "unknown") : `${failure.Code}: ${failure.Message}`;
}
