import type { FindingsMessage } from "../../model/message.ts";
import { bytesOf, maxMessageBytes, type TopicMessage } from "../../model/topic-message.ts";
import { escapeUnprintable } from "../text/printable.ts";
import { toLines, truncate } from "../text/truncate.ts";

/** Characters of an attribute. SNS sets no limit; no account, Region or rule comes near this one. */
const maxAttribute = 256;

/** Characters of a text that may be truncated. JSON escapes a character to at most six bytes, so a score of such texts fits. */
export const maxText = 2_000;

/** Builds the SNS message from the first version that fits the size limit. Each version is shorter than the one before; the last must fit. */
export function toSizedMessage(
  versions: Iterable<FindingsMessage>,
  texts: Readonly<Record<string, string>>,
): TopicMessage {
  const attributes = toLines(texts, maxAttribute);
  let message: TopicMessage = { body: "", attributes };
  for (const version of versions) {
    message = { body: toBody(version), attributes };
    if (bytesOf(message) <= maxMessageBytes) break;
  }
  return message;
}

/** Truncates every long text in a value, and adds the path of each to `truncated`. */
export function truncateTexts<T>(value: T, path: string, truncated: string[]): T {
  return truncateIn(value, path, truncated) as T;
}

function truncateIn(value: unknown, path: string, truncated: string[]): unknown {
  if (typeof value === "string") {
    if (value.length > maxText) truncated.push(path);
    return truncate(value, maxText);
  }
  if (Array.isArray(value)) return value.map((one, index) => truncateIn(one, `${path}.${index}`, truncated));
  if (typeof value !== "object" || value === null) return value;
  const inner = (name: string) => (path === "" ? name : `${path}.${name}`);
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, truncateIn(one, inner(name), truncated)]),
  );
}

/** One line of JSON, without the characters that XML, the wire format of SNS, forbids. */
function toBody(message: FindingsMessage): string {
  return escapeUnprintable(JSON.stringify(message));
}
