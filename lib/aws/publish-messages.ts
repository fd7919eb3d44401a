import { type BatchResultErrorEntry, PublishBatchCommand, SNSClient } from "@aws-sdk/client-sns";
import { parseArn } from "../model/arn.ts";
import { bytesOf, maxMessageBytes, type OutgoingMessage, type Refused } from "../model/topic-message.ts";
import { backOff } from "../storage/back-off.ts";
import { call } from "./call.ts";
import { type ClientOptions, toClientConfig } from "./client-config.ts";
import { deliver, settleDeliveries } from "./deliver.ts";
import { withSignal } from "./time-limit.ts";

/** Messages of one call. Source: https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html */
const maxEntries = 10;

/** For a message that SNS did not take, if the message is not at fault. */
const attempts = 4;
const firstPauseMilliseconds = 100;

/** The permission that `PublishBatch` needs. */
const action = "sns:Publish";

/**
 * Publishes to a standard topic, in the Region of its ARN, and returns the messages that SNS refused, which can be sent again. After `stop`, it
 * makes no further call, and refuses the rest. Throws an AwsCallError if a call failed and no message was accepted.
 */
export async function publishMessages(
  topicArn: string,
  messages: readonly OutgoingMessage[],
  { stop, ...options }: Omit<ClientOptions, "region"> & { readonly stop?: AbortSignal | undefined } = {},
): Promise<readonly Refused[]> {
  const arn = parseArn(topicArn);
  if (arn?.service !== "sns" || arn.region === "") throw new Error(`"${topicArn}" is not the ARN of an SNS topic`);
  const tooLarge = messages.filter((message) => bytesOf(message) > maxMessageBytes);
  const fitting = messages.filter((message) => bytesOf(message) <= maxMessageBytes);
  const client = withSignal(new SNSClient({ ...toClientConfig(options), region: arn.region }), options.signal);
  try {
    const delivery = await deliver(fitting, {
      ...{ action, maxItems: maxEntries, maxBytes: maxMessageBytes, sizeOf: bytesOf },
      toId: ({ id }) => id,
      stop,
      send: (batch) => publishBatch(client, topicArn, batch),
    });
    const reason = `the message and its attributes exceed ${maxMessageBytes} bytes`;
    return [...tooLarge.map(({ id }) => ({ id, reason })), ...settleDeliveries([delivery])];
  } finally {
    client.destroy();
  }
}

/** Makes one call, and more for the messages that SNS may still accept. */
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
    // Some messages are published already: if a later call fails, only the rest is refused.
    const outcome = await (attempt === 1 ? answer : answer.catch((error: Error) => error));
    if (outcome instanceof Error) return [...refused, ...left.map(({ id }) => ({ id, reason: outcome.message }))];
    const taken = new Set(outcome.Successful?.map(({ Id }) => Id));
    const failures = new Map(outcome.Failed?.map((failure) => [failure.Id, failure]));
    const again: OutgoingMessage[] = [];
    for (const [index, message] of left.entries()) {
      if (taken.has(String(index))) continue;
      const failure = failures.get(String(index));
      if (attempt < attempts && isRetryable(failure)) again.push(message);
      else refused.push({ id: message.id, reason: describe(failure) });
    }
    if (again.length === 0) return refused;
    left = again;
    await backOff(attempt, firstPauseMilliseconds);
  }
}

/** The entry id is the index, because SNS allows only 80 letters, digits, hyphens and underscores. */
function toEntry({ body, attributes }: OutgoingMessage, index: number) {
  const MessageAttributes = Object.fromEntries(
    Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: "String", StringValue }]),
  );
  return { Id: String(index), Message: body, MessageAttributes };
}

/** SNS reports throttling as a sender fault. A message that the answer does not mention was not published. */
function isRetryable(failure: BatchResultErrorEntry | undefined): boolean {
  return failure?.SenderFault !== true || /throttl/i.test(failure.Code ?? "");
}

function describe(failure: BatchResultErrorEntry | undefined): string {
  if (failure === undefined) return "SNS returned no result for it";
  return failure.Message === undefined ? (failure.Code ?? "unknown") : `${failure.Code}: ${failure.Message}`;
}
