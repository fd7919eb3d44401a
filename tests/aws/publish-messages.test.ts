import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { publishMessages } from "../../lib/aws/publish-messages.ts";
import { AwsCallError } from "../../lib/model/errors.ts";
import type { OutgoingMessage } from "../../lib/model/topic-message.ts";
import type { Topic } from "../../simulator/resources.ts";
import { type Aws, account, otherAccount, startAws } from "../simulator/aws.ts";

let aws: Aws;
let topic: Topic;
beforeEach(async () => {
  aws = await startAws();
  topic = aws.region.addTopic("findings");
});
afterEach(() => aws.stop());

const publish = (messages: readonly OutgoingMessage[], arn = topic.TopicArn, maxAttempts = 1) =>
  publishMessages(arn, messages, {
    endpoint: aws.simulator.endpoint,
    credentials: { accessKeyId: account, secretAccessKey: "not-verified" },
    maxAttempts,
  });

const aMessage = (id: string, body = `body of ${id}`): OutgoingMessage => ({ id, body, attributes: {} });
const someMessages = (count: number) => Array.from({ length: count }, (_, index) => aMessage(`finding/${index}`));
const bodies = () => topic.messages.map(({ Message }) => Message);
const calls = () => aws.simulator.calls.filter(({ action }) => action === "sns:Publish").length;

/** A message of the given size, including an attribute of 1 + 6 + 3 bytes (name, type and value). */
const ofBytes = (bytes: number): OutgoingMessage => ({
  id: `of ${bytes}`,
  body: "x".repeat(bytes - 10),
  attributes: { a: "é!" },
});

test("delivers the body and the attributes unchanged", async () => {
  const body = JSON.stringify({ text: 'é "quoted" <b>&amp;</b>\n', list: [1, 2] });
  const attributes = { severity: "high", type: "finding.opened" };
  expect(await publish([{ id: "one", body, attributes }])).toEqual([]);
  expect(topic.messages).toEqual([
    { MessageId: expect.any(String), Message: body, MessageAttributes: attributes, Subject: undefined },
  ]);
});

test("after the stop signal makes no further call, and refuses the rest", async () => {
  const stop = new AbortController();
  const options = {
    endpoint: aws.simulator.endpoint,
    credentials: { accessKeyId: account, secretAccessKey: "not-verified" },
    stop: stop.signal,
  };
  const publication = publishMessages(topic.TopicArn, someMessages(25), options);
  while (calls() === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  stop.abort();
  const refused = await publication;
  expect(refused.length + topic.messages.length).toBe(25);
  expect(new Set(refused.map(({ reason }) => reason))).toEqual(
    new Set(["the invocation ran out of time before it was sent"]),
  );
  const before = calls();
  expect(await publishMessages(topic.TopicArn, someMessages(3), options)).toHaveLength(3);
  expect(calls()).toBe(before);
});

test("makes no call without messages", async () => {
  expect(await publish([])).toEqual([]);
  expect(aws.simulator.calls).toEqual([]);
});

test("accepts any ids, even duplicates", async () => {
  const id = `master-password-managed/arn:aws:rds:eu-west-1:${account}:db:${"x".repeat(100)}`;
  expect(await publish([aMessage(id), aMessage(id)])).toEqual([]);
  expect(topic.messages).toHaveLength(2);
});

describe("the limits of one call", () => {
  test.each([
    [10, 1],
    [11, 2],
    [20, 2],
    [21, 3],
  ])("%i messages need %i calls", async (count, expected) => {
    expect(await publish(someMessages(count))).toEqual([]);
    expect(bodies()).toEqual(someMessages(count).map(({ body }) => body));
    expect(calls()).toBe(expected);
  });

  test.each([
    [262_144, 1],
    [262_145, 2],
  ])("two messages of %i bytes in total need %i calls", async (bytes, expected) => {
    expect(await publish([ofBytes(100_000), ofBytes(bytes - 100_000)])).toEqual([]);
    expect(topic.messages).toHaveLength(2);
    expect(calls()).toBe(expected);
  });

  test("a message of 262,144 bytes is published", async () => {
    expect(await publish([ofBytes(262_144)])).toEqual([]);
    expect(topic.messages).toHaveLength(1);
  });

  test("a larger message is refused without a call, and the others are published", async () => {
    expect(await publish([aMessage("a"), ofBytes(262_145), aMessage("b")])).toEqual([
      { id: "of 262145", reason: "the message and its attributes exceed 262144 bytes" },
    ]);
    expect(bodies()).toEqual(["body of a", "body of b"]);
    expect(calls()).toBe(1);
  });
});

describe("messages that SNS refuses", () => {
  test("are sent again if SNS is at fault, and the others are not", async () => {
    aws.cloud.fault({ action: "sns:Publish", kind: "entry", matching: "finding/3", times: 2 });
    expect(await publish(someMessages(12))).toEqual([]);
    expect(bodies().sort()).toEqual(
      someMessages(12)
        .map(({ body }) => body)
        .sort(),
    );
    expect(calls()).toBe(4);
  });

  test("are returned after four attempts, with SNS's reason", async () => {
    aws.cloud.fault({
      action: "sns:Publish",
      kind: "entry",
      matching: "finding/3",
      code: "KMSInternal",
      message: "Later",
    });
    expect(await publish(someMessages(12))).toEqual([{ id: "finding/3", reason: "KMSInternal: Later" }]);
    expect(topic.messages).toHaveLength(11);
    expect(calls()).toBe(5);
  });

  test("are returned at once if the message is at fault", async () => {
    expect(await publish([aMessage("a"), aMessage("empty", ""), aMessage("b")])).toEqual([
      { id: "empty", reason: "InvalidParameter: Invalid parameter: Empty message" },
    ]);
    expect(bodies()).toEqual(["body of a", "body of b"]);
    expect(calls()).toBe(1);
  });

  test("are sent again if they were throttled, which SNS reports as a sender fault", async () => {
    aws.cloud.fault({ action: "sns:Publish", kind: "entry", code: "Throttled", isSenderFault: true, times: 1 });
    expect(await publish(someMessages(3))).toEqual([]);
    expect(topic.messages).toHaveLength(3);
  });

  test("are sent again, and then returned, if the answer does not mention them", async () => {
    aws.cloud.fault({ action: "sns:Publish", kind: "entry", matching: "finding/1", isUnnamed: true });
    expect(await publish(someMessages(3))).toEqual([{ id: "finding/1", reason: "SNS returned no result for it" }]);
    expect(calls()).toBe(4);
  });

  test("are returned if the second call fails, and the others are not sent again", async () => {
    aws.cloud.fault({ action: "sns:Publish", kind: "entry", matching: "finding/1" });
    aws.cloud.fault({ action: "sns:Publish", kind: "error", skip: 1 });
    expect(await publish(someMessages(3))).toEqual([{ id: "finding/1", reason: "An internal error occurred" }]);
    expect(bodies()).toEqual(["body of finding/0", "body of finding/2"]);
  });
});

describe("failed calls", () => {
  test("throw with the IAM action, after the second one", async () => {
    aws.cloud.fault({ action: "sns:Publish", kind: "deny" });
    await expect(publish(someMessages(50))).rejects.toMatchObject({
      name: "AwsCallError",
      action: "sns:Publish",
      code: "AuthorizationErrorException",
    });
    expect(calls()).toBe(2);
  });

  test("refuse only the messages of the call", async () => {
    aws.cloud.fault({ action: "sns:Publish", kind: "error", skip: 1, times: 1 });
    const refused = await publish(someMessages(30));
    expect(refused).toEqual(
      someMessages(30)
        .slice(10, 20)
        .map(({ id }) => ({ id, reason: "An internal error occurred" })),
    );
    expect(topic.messages).toHaveLength(20);
  });

  test("do not stop the rest unless there are two in a row", async () => {
    aws.cloud.fault({ action: "sns:Publish", kind: "error", times: 1 });
    aws.cloud.fault({ action: "sns:Publish", kind: "error", skip: 1, times: 1 });
    expect(await publish(someMessages(50))).toHaveLength(20);
    expect(calls()).toBe(5);
  });

  test("throw the first of several errors", async () => {
    aws.cloud.fault({ action: "sns:Publish", kind: "error", code: "First", times: 1 });
    aws.cloud.fault({ action: "sns:Publish", kind: "error", code: "Second" });
    await expect(publish(someMessages(20))).rejects.toMatchObject({ code: "First" });
  });

  test("return the rest unsent after two in a row", async () => {
    aws.cloud.fault({ action: "sns:Publish", kind: "error", skip: 1 });
    expect(await publish(someMessages(50))).toHaveLength(40);
    expect(calls()).toBe(3);
  });

  test("are repeated by the SDK if they are throttled", async () => {
    aws.cloud.fault({ action: "sns:Publish", kind: "throttle", times: 2 });
    expect(await publish(someMessages(3), topic.TopicArn, 4)).toEqual([]);
    expect(topic.messages).toHaveLength(3);
  });

  test("end if there is no answer", async () => {
    aws.cloud.fault({ action: "sns:Publish", kind: "hang" });
    const hanging = publishMessages(topic.TopicArn, someMessages(1), {
      endpoint: aws.simulator.endpoint,
      credentials: { accessKeyId: account, secretAccessKey: "not-verified" },
      maxAttempts: 1,
      requestTimeoutSeconds: 0.2,
    });
    await expect(hanging).rejects.toMatchObject({ action: "sns:Publish", code: "TimeoutError" });
  });

  test("throw if the topic does not exist", async () => {
    const missing = publish(someMessages(1), `${topic.TopicArn}-x`);
    await expect(missing).rejects.toThrow(AwsCallError);
    await expect(missing).rejects.toThrow("Topic does not exist");
  });
});

test("uses the Region of the topic", async () => {
  const there = aws.cloud.region(account, "us-east-1").addTopic("findings");
  expect(await publish([aMessage("a")], there.TopicArn)).toEqual([]);
  expect(there.messages).toHaveLength(1);
  expect(aws.simulator.calls).toEqual([{ account, region: "us-east-1", action: "sns:Publish" }]);
});

test("throws if a topic of another account does not allow it", async () => {
  const there = aws.cloud.region(otherAccount, "eu-west-1").addTopic("findings");
  await expect(publish([aMessage("a")], there.TopicArn)).rejects.toMatchObject({ code: "AuthorizationErrorException" });
});

test.each(["", "findings", "arn:aws:sqs:eu-west-1:111111111111:findings", "arn:aws:sns::111111111111:x"])(
  '"%s" is no topic',
  async (arn) => {
    await expect(publish([aMessage("a")], arn)).rejects.toThrow(`"${arn}" is not the ARN of an SNS topic`);
  },
);
