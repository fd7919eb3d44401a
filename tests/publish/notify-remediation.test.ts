import { describe, expect, test } from "@jest/globals";
import { AwsCallError, isTransient } from "../../lib/model/errors.ts";
import { messageSchema } from "../../lib/model/message.ts";
import type { OutgoingMessage } from "../../lib/model/topic-message.ts";
import type { Publish } from "../../lib/publish/destinations.ts";
import { createNotifier } from "../../lib/publish/notify-remediation.ts";
import { account, region, secretArn } from "../support/builders.ts";
import { aReplacement, newSecretArn } from "../support/remediation-events.ts";

/** A topic that remembers what it was sent. */
function aTopic() {
  const sent: OutgoingMessage[] = [];
  const publish: Publish = async (messages) => {
    sent.push(...messages);
    return [];
  };
  return { sent, publish };
}

const refuse: Publish = async (messages) => messages.map(({ id }) => ({ id, reason: "it is too large" }));
const failWith =
  (error: unknown): Publish =>
  () =>
    Promise.reject(error);
const gone = failWith(new Error("no such topic"));
const throttled = failWith(
  new AwsCallError("sns:PublishBatch", "ThrottlingException", "Rate exceeded", { isTransient: true }),
);
const denied = failWith(new AwsCallError("sns:PublishBatch", "AuthorizationError", "not authorized"));

test("publishes to both topics, each in its format", async () => {
  const [findings, alerts] = [aTopic(), aTopic()];
  await createNotifier(findings.publish, alerts.publish)(aReplacement());
  const [[machine], [person]] = [findings.sent, alerts.sent];
  expect([findings.sent.length, alerts.sent.length]).toEqual([1, 1]);
  expect(messageSchema.parse(JSON.parse(machine?.body ?? ""))).toMatchObject({
    schemaVersion: "1.0",
    type: "secret.replaced",
    secret: { before: secretArn, after: newSecretArn },
  });
  expect(machine?.attributes).toEqual({
    type: "secret.replaced",
    action: "toggle",
    severity: "high",
    rule: "secret-key-as-required",
    account,
    region,
  });
  expect(JSON.parse(person?.body ?? "")).toMatchObject({ version: "1.0", source: "custom" });
  expect(person?.attributes).toEqual({});
});

describe("a topic that fails", () => {
  const start = "secret.replaced of DB instance orders was not published to";

  test.each([
    ["refuses the message", refuse, "it is too large"],
    ["throws", gone, "no such topic"],
    ["throws a value that is not an Error", failWith("nothing"), "nothing"],
  ])("that %s is named in the error; the other gets the event", async (_, publish, reason) => {
    const other = aTopic();
    await expect(createNotifier(publish, other.publish)(aReplacement())).rejects.toThrow(
      new Error(`${start} the findings topic (${reason})`),
    );
    await expect(createNotifier(other.publish, publish)(aReplacement())).rejects.toThrow(
      new Error(`${start} the alerts topic (${reason})`),
    );
    expect(other.sent).toHaveLength(2);
  });

  test("is named with the other if both fail", () =>
    expect(createNotifier(gone, refuse)(aReplacement())).rejects.toThrow(
      new Error(`${start} the findings topic (no such topic) and the alerts topic (it is too large)`),
    ));

  test.each([
    ["may pass", throttled, refuse, true],
    ["may pass, of the second", denied, throttled, true],
    ["stays", denied, refuse, false],
  ])("an error that %s is one that the workflow tries again: %#", async (_, findings, alerts, expected) => {
    const error = await createNotifier(findings, alerts)(aReplacement()).catch((thrown: unknown) => thrown);
    expect(isTransient(error)).toBe(expected);
    expect(String(error)).toContain(start);
  });
});
