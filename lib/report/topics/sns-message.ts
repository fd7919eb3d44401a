import type { FindingsMessage } from "../../model/message.ts";
import { bytesOf, maxMessageBytes, type TopicMessage } from "../../model/topic-message.ts";
import { escapeUnprintable } from "../text/printable.ts";
import { toLines, truncate } from "../text/truncate.ts";

/** Characters of an attribute. SNS sets no limit; no account, Region or rule comes near this one. */
const maxAttribute = 256;

/** Characters of a text that may be truncated. JSON escapes a character to at most six bytes, so a score of such texts fits. */
export const maxText = 2_000;

/** Builds the SNS message from the first version that fits the size limit. Each version is shorter than the one before; the last must fit. */
export function toSnsMessage(
  versions: Iterable<FindingsMessage>,
  texts: Readonly<Record<string, string>>,
): TopicMessage {
  const attributes = toLines(texts, maxAttribute);
  let message: TopicMessage = { body: "", attributes };
  for (const version of versions) {
    // One line of JSON, without the characters that XML, the wire format of SNS, forbids.
    message = { body: escapeUnprintable(JSON.stringify(version)), attributes };
    if (bytesOf(message) <= maxMessageBytes) break;
  }
  return message;
}

/** Truncates every long text in a value, and adds the path of each to `truncated`. */
export function truncateTexts<T>(value: T, path: string, truncated: string[]): T;
export function truncateTexts(value: unknown, path: string, truncated: string[]): unknown {
  if (typeof value === "string") {
    if (value.length > maxText) truncated.push(path);
    return truncate(value, maxText);
  }
  const inner = (name: string | number) => (path === "" ? `${name}` : `${path}.${name}`);
  if (Array.isArray(value)) return value.map((one, index) => truncateTexts(one, inner(index), truncated));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, truncateTexts(one, inner(name), truncated)]),
  );
}
