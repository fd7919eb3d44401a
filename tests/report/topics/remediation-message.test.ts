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
  if (!("execution" in message)) throw new Error("this is no news of a repair");
  return message;
}

test("the new ARN of a secret is where a machine finds it", () => {
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

test.each(remediationEventTypes)("%s carries the event as it is", (type) => {
  const event = aRemediationEvent({ type });
  expect(parse(toRemediationMessage(event))).toEqual({ schemaVersion: "1.0", ...event, truncated: [] });
});

const long = "word ".repeat(100_000);

test.each<[string, RemediationEvent, string[]]>([
  ["a sentence", aLeftOff({ message: long }), ["message"]],
  ["a gate's reason", aRefusal({ gates: [{ gate: "eligible", open: false, reason: long }] }), ["gates.0.reason"]],
])("%s of half a megabyte is cut, and nothing else", (_, event, truncated) => {
  const message = parse(toRemediationMessage(event));
  expect(message.truncated).toEqual(truncated);
  expect(message).toMatchObject({ secret: event.secret, recovery: event.recovery, database: event.database });
});

test("commands are left out as a whole, not cut", () => {
  const message = parse(toRemediationMessage(aLeftOff({ recovery: [turnOn, long] })));
  expect(message).toMatchObject({ recovery: [], truncated: ["recovery"] });
});

test("an event that is all megabytes of what JSON escapes still fits", () => {
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
      gates: [{ gate: endless, open: false, reason: endless }],
      recovery: [endless],
    }),
  );
  expectSendable(message);
  expect(parse(message).truncated).toHaveLength(14);
});

test("whatever AWS sends, a message is valid, fits, and has no character that SNS refuses", () =>
  fc.assert(
    fc.property(hostileEvent, (event) => {
      const message = toRemediationMessage(event);
      expectSendable(message);
      expect(parse(message).type).toBe(event.type);
    }),
    { numRuns: 200 },
  ));
