/** An SNS message: its body, and the attributes for filter policies. No attribute is empty, because SNS refuses that. */
export type TopicMessage = { readonly body: string; readonly attributes: Readonly<Record<string, string>> };

/** One of several messages that are sent together. `id` is unique among them and identifies the refused ones. */
export type OutgoingMessage = TopicMessage & { readonly id: string };

/** A message or finding that a service refused, and the service's reason. */
export type Refused = { readonly id: string; readonly reason: string };

/**
 * Maximum bytes of UTF-8 for one message with its attributes, and for all messages of one call.
 * Source: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html and API_PublishBatch.html
 */
export const maxMessageBytes = 262_144;

/** The bytes of a message, as SNS counts them: an attribute counts with its name, its type (`String`) and its value. */
export function bytesOf({ body, attributes }: TopicMessage): number {
  const texts = Object.entries(attributes).flatMap(([name, value]) => [name, "String", value]);
  return [body, ...texts].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}
