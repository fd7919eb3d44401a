import { takeEntryFault } from "../faults.ts";
import { nextSerial, uuidFrom } from "../identifiers.ts";
import { pageOf } from "../paging.ts";
import { listIn, type Params, textIn } from "../params.ts";
import { queryXml } from "../protocol/query-xml.ts";
import type { Topic } from "../resources.ts";
import { SimulatedError } from "../simulated-error.ts";
import type { Region } from "../state.ts";
import { queryErrors } from "./errors.ts";
import type { CallContext, Service, ServiceErrors } from "./service.ts";

const errors: ServiceErrors = {
  ...queryErrors("2010-03-31"),
  denied: (message) => new SimulatedError("AuthorizationError", message, 403),
};

function invalidParameter(what: string): SimulatedError {
  return new SimulatedError("InvalidParameter", `Invalid parameter: ${what}`);
}

/** The maximum size of a message or a batch, in bytes. */
const maxBytes = 262_144;
const maxEntries = 10;

/** Finds a topic by ARN, which must be of the Region that is called. */
function topicIn(params: Params, { region, callerArn }: CallContext): Topic {
  const arn = textIn(params, "TopicArn") ?? textIn(params, "TargetArn") ?? "";
  const [, , service, regionName, accountId] = arn.split(":");
  if (service !== "sns" || regionName !== region.name) throw invalidParameter("TopicArn");
  if (accountId !== region.account.id)
    throw errors.denied(
      `User: ${callerArn} is not authorized to perform: SNS:Publish on resource: ${arn} because no resource-based policy allows the SNS:Publish action`,
    );
  const topic = region.topics.get(arn);
  if (!topic) throw new SimulatedError("NotFound", "Topic does not exist", 404);
  return topic;
}

type Attribute = { Name: string; Value: { DataType?: string; StringValue?: string; BinaryValue?: string } };

function sizeOf(entry: Params): number {
  return [
    textIn(entry, "Message") ?? "",
    ...listIn<Attribute>(entry, "MessageAttributes").flatMap(({ Name, Value }) => [
      Name,
      Value.DataType ?? "",
      Value.StringValue ?? Value.BinaryValue ?? "",
    ]),
  ].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

/** The first error in a message, or undefined. Wording not verified. */
function errorFor(entry: Params): SimulatedError | undefined {
  if ((textIn(entry, "Message") ?? "") === "") return invalidParameter("Empty message");
  if (sizeOf(entry) > maxBytes) return invalidParameter("Message too long");
  for (const { Name, Value } of listIn<Attribute>(entry, "MessageAttributes")) {
    if (!/^[A-Za-z0-9_.-]{1,256}$/.test(Name))
      return new SimulatedError("ParameterValueInvalid", `The message attribute name '${Name}' is invalid.`);
    if ((Value.StringValue ?? Value.BinaryValue ?? "") === "" || (Value.DataType ?? "") === "")
      return new SimulatedError(
        "ParameterValueInvalid",
        `The message attribute '${Name}' must contain non-empty message attribute value for message attribute type '${Value.DataType}'.`,
      );
  }
  return undefined;
}

function publish(topic: Topic, entry: Params, region: Region): string {
  const MessageId = uuidFrom(`${topic.TopicArn}/${nextSerial(region, "message")}`);
  const attributes = listIn<Attribute>(entry, "MessageAttributes");
  topic.messages.push({
    MessageId,
    Message: textIn(entry, "Message") ?? "",
    Subject: textIn(entry, "Subject"),
    MessageAttributes: Object.fromEntries(attributes.map(({ Name, Value }) => [Name, Value.StringValue ?? ""])),
  });
  return MessageId;
}

function publishOne(params: Params, context: CallContext): object {
  const topic = topicIn(params, context);
  const error = errorFor(params);
  if (error) throw error;
  return { MessageId: publish(topic, params, context.region) };
}

function checkBatch(entries: readonly Params[]): void {
  const ids = entries.map((entry) => textIn(entry, "Id") ?? "");
  if (entries.length === 0)
    throw new SimulatedError("EmptyBatchRequest", "The batch request doesn't contain any entries.");
  if (entries.length > maxEntries)
    throw new SimulatedError(
      "TooManyEntriesInBatchRequest",
      "The batch request contains more entries than permissible.",
    );
  if (!ids.every((id) => /^[A-Za-z0-9_-]{1,80}$/.test(id)))
    throw new SimulatedError(
      "InvalidBatchEntryId",
      "The Id of a batch entry in a batch request doesn't abide by the specification.",
    );
  if (new Set(ids).size < ids.length)
    throw new SimulatedError("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.");
  if (entries.reduce((sum, entry) => sum + sizeOf(entry), 0) > maxBytes)
    throw new SimulatedError(
      "BatchRequestTooLong",
      "The length of all the batch messages put together is more than the limit.",
    );
}

function publishBatch(params: Params, context: CallContext): object {
  const topic = topicIn(params, context);
  const entries = listIn<Params>(params, "PublishBatchRequestEntries");
  checkBatch(entries);
  const Successful: object[] = [];
  const Failed: object[] = [];
  for (const entry of entries) {
    const Id = textIn(entry, "Id") ?? "";
    const fault = takeEntryFault(context.region, "sns:Publish", entry);
    const error = errorFor(entry);
    if (fault?.isUnnamed) continue;
    if (fault)
      Failed.push({
        Id,
        Code: fault.code ?? "InternalError",
        Message: fault.message ?? "An internal error occurred",
        SenderFault: fault.isSenderFault ?? false,
      });
    else if (error) Failed.push({ Id, Code: error.code, Message: error.message, SenderFault: true });
    else Successful.push({ Id, MessageId: publish(topic, entry, context.region) });
  }
  return { Successful, Failed };
}

function createTopic(params: Params, { region }: CallContext): object {
  const name = textIn(params, "Name") ?? "";
  if (!/^[A-Za-z0-9_-]{1,256}$/.test(name)) throw invalidParameter("Topic Name");
  const known = [...region.topics.values()].find(({ TopicArn }) => TopicArn.endsWith(`:${name}`));
  return { TopicArn: (known ?? region.addTopic(name)).TopicArn };
}

type SubscriptionAttribute = { key: string; value: string };

function subscribe(params: Params, context: CallContext): object {
  const topic = topicIn(params, context);
  const attributes = listIn<SubscriptionAttribute>(params, "Attributes");
  const subscription = {
    SubscriptionArn: `${topic.TopicArn}:${uuidFrom(`${topic.TopicArn}/${topic.subscriptions.length}`)}`,
    Protocol: textIn(params, "Protocol") ?? "",
    Endpoint: textIn(params, "Endpoint") ?? "",
    FilterPolicy: attributes.find(({ key }) => key === "FilterPolicy")?.value,
  };
  topic.subscriptions.push(subscription);
  return { SubscriptionArn: subscription.SubscriptionArn };
}

function listTopics(params: Params, { region }: CallContext): object {
  const { items, next } = pageOf([...region.topics.keys()], {
    size: 100,
    token: textIn(params, "NextToken"),
    scope: "ListTopics",
    invalid: () => invalidParameter("NextToken"),
  });
  return { Topics: items.map((TopicArn) => ({ TopicArn })), NextToken: next };
}

/** Amazon SNS: topics keep what is published and deliver nothing. */
export const sns: Service = {
  protocol: queryXml("http://sns.amazonaws.com/doc/2010-03-31/"),
  errors,
  permissions: { PublishBatch: "Publish" },
  actions: {
    CreateTopic: createTopic,
    ListTopics: listTopics,
    Publish: publishOne,
    PublishBatch: publishBatch,
    Subscribe: subscribe,
  },
};
