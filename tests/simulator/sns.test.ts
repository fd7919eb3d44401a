import {
  CreateTopicCommand,
  ListTopicsCommand,
  PublishBatchCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
} from "@aws-sdk/client-sns";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Topic } from "../../simulator/resources.ts";
import { type Aws, account, failure, startAws } from "./aws.ts";

let aws: Aws;
let sns: SNSClient;
let topic: Topic;
beforeEach(async () => {
  aws = await startAws();
  sns = new SNSClient(aws.configuration(account, "eu-west-1"));
  topic = aws.region.addTopic("findings");
});
afterEach(async () => {
  sns.destroy();
  await aws.stop();
});

type Entry = {
  Id: string;
  Message: string;
  MessageAttributes?: Record<string, { DataType: string; StringValue: string }>;
};
const batch = (entries: Entry[], TopicArn = topic.TopicArn) =>
  sns.send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries: entries }));
const publish = (Message: string, more: object = {}) =>
  sns.send(new PublishCommand({ TopicArn: topic.TopicArn, Message, ...more }));
const entries = (count: number): Entry[] =>
  Array.from({ length: count }, (_, index) => ({ Id: `${index}`, Message: `message ${index}` }));
const attribute = (StringValue: string) => ({ DataType: "String", StringValue });

test("keeps a published message in the topic", async () => {
  const { MessageId } = await publish("é <&>", { Subject: "New", MessageAttributes: { severity: attribute("high") } });
  const { Successful, Failed } = await batch([
    { Id: "a", Message: "b", MessageAttributes: { x: attribute("1"), y: attribute("2") } },
  ]);
  expect(Failed ?? []).toEqual([]);
  expect(topic.messages).toEqual([
    { MessageId, Message: "é <&>", Subject: "New", MessageAttributes: { severity: "high" } },
    { MessageId: Successful?.[0]?.MessageId, Message: "b", MessageAttributes: { x: "1", y: "2" } },
  ]);
});

describe("a batch", () => {
  test.each<[string, () => Entry[], string | null]>([
    ["of 10 is accepted", () => entries(10), null],
    ["of 11 is rejected", () => entries(11), "TooManyEntriesInBatchRequestException"],
    ["of none is rejected", () => [], "EmptyBatchRequestException"],
    ["with an id twice is rejected", () => [...entries(1), ...entries(1)], "BatchEntryIdsNotDistinctException"],
    ["with an id of 80 is accepted", () => [{ Id: "x".repeat(80), Message: "a" }], null],
    ["with an id of 81 is rejected", () => [{ Id: "x".repeat(81), Message: "a" }], "InvalidBatchEntryIdException"],
    ["with an ARN as its id is rejected", () => [{ Id: "arn:aws", Message: "a" }], "InvalidBatchEntryIdException"],
    ["of 262,144 bytes is accepted", () => ofBytes(262_144), null],
    ["of a byte more is rejected", () => ofBytes(262_145), "BatchRequestTooLongException"],
  ])("%s", async (_what, make, error) => {
    const answer = batch(make());
    if (error === null) expect((await answer).Failed ?? []).toEqual([]);
    else expect(await failure(answer)).toMatch(new RegExp(`^${error}: `));
  });

  /** Two messages, one with an attribute of 10 bytes, that are so long together. */
  const ofBytes = (bytes: number): Entry[] => [
    { Id: "a", Message: "x".repeat(100_000) },
    { Id: "b", Message: "x".repeat(bytes - 100_010), MessageAttributes: { a: attribute("é!") } },
  ];

  test("accepts the valid messages", async () => {
    const { Successful, Failed } = await batch([
      ...entries(1),
      { Id: "empty", Message: "" },
      { Id: "attribute", Message: "a", MessageAttributes: { severity: attribute("") } },
    ]);
    expect(Successful?.map(({ Id }) => Id)).toEqual(["0"]);
    expect(Failed).toMatchObject([
      { Id: "empty", Code: "InvalidParameter", SenderFault: true },
      { Id: "attribute", Code: "ParameterValueInvalid", SenderFault: true },
    ]);
    expect(topic.messages).toHaveLength(1);
  });

  test("fails only the entries that a fault hits", async () => {
    aws.cloud.fault({
      action: "sns:Publish",
      kind: "entry",
      matching: "message 1",
      times: 1,
      code: "Broken",
      message: "m",
    });
    const { Successful, Failed } = await batch(entries(3));
    expect(Successful?.map(({ Id }) => Id)).toEqual(["0", "2"]);
    expect(Failed).toEqual([{ Id: "1", Code: "Broken", Message: "m", SenderFault: false }]);
    expect((await batch(entries(3))).Failed ?? []).toEqual([]);
  });
});

test("rejects a single message like one in a batch", async () => {
  expect(await failure(publish(""))).toBe("InvalidParameterException: Invalid parameter: Empty message");
  expect(await failure(publish("x".repeat(262_145)))).toMatch(/^InvalidParameterException: .*too long/);
  await publish("x".repeat(262_144));
  expect(await failure(publish("a", { MessageAttributes: { severity: attribute("") } }))).toMatch(
    /must contain non-empty/,
  );
});

test("creates a topic once, lists it, and subscribes to it", async () => {
  const first = await sns.send(new CreateTopicCommand({ Name: "alerts" }));
  expect(await sns.send(new CreateTopicCommand({ Name: "alerts" }))).toMatchObject({ TopicArn: first.TopicArn });
  expect((await sns.send(new ListTopicsCommand({}))).Topics).toEqual([
    { TopicArn: topic.TopicArn },
    { TopicArn: first.TopicArn },
  ]);
  const FilterPolicy = JSON.stringify({ severity: ["high"] });
  await sns.send(
    new SubscribeCommand({
      TopicArn: topic.TopicArn,
      Protocol: "sqs",
      Endpoint: "arn:aws:sqs:eu-west-1:111111111111:q",
      Attributes: { FilterPolicy },
    }),
  );
  expect(topic.subscriptions).toMatchObject([{ Protocol: "sqs", FilterPolicy }]);
});

test("restricts a topic to one Region and one account", async () => {
  const elsewhere = (arn: string) => failure(batch(entries(1), arn));
  expect(await elsewhere(topic.TopicArn.replace("eu-west-1", "us-east-1"))).toMatch(
    /^InvalidParameterException: .*TopicArn/,
  );
  expect(await elsewhere(topic.TopicArn.replace(account, "222222222222"))).toMatch(/^AuthorizationErrorException: /);
  expect(await elsewhere(`${topic.TopicArn}-x`)).toBe("NotFoundException: Topic does not exist");
});

test.each([
  ["deny", /^AuthorizationErrorException: User: /],
  ["throttle", /^Throttling: /],
  ["error", /^InternalFailure: /],
  ["expired-token", /^ExpiredToken: /],
  ["disconnect", /socket hang up|ECONNRESET/],
] as const)("a fault: %s", async (kind, expected) => {
  aws.cloud.fault({ action: "sns:Publish", kind });
  expect(await failure(batch(entries(1)))).toMatch(expected);
  expect(topic.messages).toEqual([]);
});
