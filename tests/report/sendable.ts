import { expect } from "@jest/globals";
import { maxMessageBytes, type TopicMessage } from "../../lib/model/topic-message.ts";

/** As SNS counts. */
export function sizeOf({ body, attributes }: TopicMessage): number {
  return Object.entries(attributes).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(`${name}String${value}`),
    Buffer.byteLength(body),
  );
}

/** It fits, and has no character and no attribute that SNS refuses. */
export function expectSendable(message: TopicMessage): void {
  expect(sizeOf(message)).toBeLessThanOrEqual(maxMessageBytes);
  expect(message.body.isWellFormed()).toBe(true);
  expect(message.body).not.toMatch(/[\p{Cc}\ufffe\uffff]/u);
  for (const value of Object.values(message.attributes)) {
    expect(value).not.toBe("");
    expect(value.isWellFormed()).toBe(true);
    expect(value).not.toMatch(/\p{Cc}/u);
  }
}
