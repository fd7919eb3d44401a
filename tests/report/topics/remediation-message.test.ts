import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { messageSchema } from "../../../lib/model/message.ts";
import { type RemediationEvent, remediationEventTypes } from "../../../lib/model/remediation-event.ts";
import type { TopicMessage } from "../../../lib/model/topic-message.ts";
import { toRemediationMessage } from "../../../lib/report/topics/remediation-message.ts";
import { account, region, secretArn } from "../../support/builders.ts";
import {
  aLeftOff,
  aRefusal,
  aRemediationEvent,
  aReplacement,
  newSecretArn,
  turnOn,
} from "../../support/remediation-events.ts";
import { hostileEvent } from "../hostile.ts";
import { expectSendable } from "../sendable.ts";

function parse({ body }: TopicMessage) {
  const message = messageSchema.parse(JSON.parse(body));
  if (!("execution" in message)) throw new Error("the message has no repair event");
  return message;
}

test("carries the new ARN of a replaced secret", () => {
  const { body, attributes } = toRemediationMessage(aReplacement());
  expect(JSON.parse(body)).toMatchObject({
    schemaVersion: "1.0",
    type: "secret.replaced",
    secret: { before: secretArn, after: newSecretArn },
    truncated: [],
  });
  expect(attributes).toEqual({
    type: "secret.replaced",
    action: "toggle",
    severity: "high",
    rule: "secret-key-as-required",
    account,
    region,
  });
});

test.each(remediationEventTypes)("%s carries the whole event", (type) => {
  const event = aRemediationEvent({ type });
  expect(parse(toRemediationMessage(event))).toEqual({ schemaVersion: "1.0", ...event, truncated: [] });
});

const long = "word ".repeat(100_000);

test.each<[string, RemediationEvent, string[]]>([
  ["a sentence", aLeftOff({ message: long }), ["message"]],
  ["a gate's reason", aRefusal({ gates: [{ gate: "eligible", open: false, reason: long }] }), ["gates.0.reason"]],
])("truncates only %s of 500 KB", (_, event, truncated) => {
  const message = parse(toRemediationMessage(event));
  expect(message.truncated).toEqual(truncated);
  expect(message).toMatchObject({ secret: event.secret, recovery: event.recovery, database: event.database });
});

test("drops all commands instead of truncating one", () => {
  const message = parse(toRemediationMessage(aLeftOff({ recovery: [turnOn, long] })));
  expect(message).toMatchObject({ recovery: [], truncated: ["recovery"] });
});

test("fits an event of megabytes of characters that JSON escapes", () => {
  const endless = "\u0001".repeat(1_000_000);
  const message = toRemediationMessage(
    aRefusal({
      execution: endless,
      rule: endless,
      database: {
        arn: endless,
        kind: "instance",
        identifier: endless,
        resourceId: endless,
        account: endless,
        region: endless,
      },
      message: endless,
      secret: { before: endless, after: endless },
      keyReference: endless,
      approvalId: endless,
      gates: [{ gate: "eligible", open: false, reason: endless }],
      recovery: [endless],
    }),
  );
  expectSendable(message);
  expect(parse(message).truncated).toHaveLength(14);
});

test("any data from AWS becomes a valid message that SNS accepts", () =>
  fc.assert(
    fc.property(hostileEvent, (event) => {
      const message = toRemediationMessage(event);
      expectSendable(message);
      expect(parse(message).type).toBe(event.type);
    }),
    { numRuns: 200 },
  ));
