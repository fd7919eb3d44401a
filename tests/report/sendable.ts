import { expect } from "@jest/globals";
import { maxMessageBytes, type TopicMessage } from "../../lib/model/topic-message.ts";

/** Bytes as SNS counts them. */
export function sizeOf({ body, attributes }: TopicMessage): number {
  return Object.entries(attributes).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(`${name}String${value}`),
    Buffer.byteLength(body),
  );
}

/** Expects that SNS accepts the message: size, characters and attributes. */
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
