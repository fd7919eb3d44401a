/** What SNS is given: the body, and the attributes that filter policies match, none of them empty, which SNS refuses. */
export type TopicMessage = { readonly body: string; readonly attributes: Readonly<Record<string, string>> };

/** One of several messages that are sent together; `id` is the sender's own, unique among them, and tells which were refused. */
export type OutgoingMessage = TopicMessage & { readonly id: string };

/** What a service did not take of what it was sent, be it a message or a finding, and why, in its own words. */
export type Refused = { readonly id: string; readonly reason: string };

/**
 * Bytes of UTF-8 that SNS accepts of one message, attributes included, and of all that are sent in one call.
 * Source: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html and API_PublishBatch.html
 */
export const maxMessageBytes = 262_144;

/** The bytes of a message as SNS counts them: an attribute counts with its name, its type, which is `String`, and its value. */
export function bytesOf({ body, attributes }: TopicMessage): number {
  const texts = Object.entries(attributes).flatMap(([name, value]) => [name, "String", value]);
  return [body, ...texts].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}
