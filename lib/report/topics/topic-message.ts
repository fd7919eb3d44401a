import type { FindingsMessage } from "../../model/message.ts";
import { bytesOf, maxMessageBytes, type TopicMessage } from "../../model/topic-message.ts";
import { cut } from "../text/cut.ts";
import { escapeUnseen } from "../text/escape-unseen.ts";
import { toLines } from "../text/line.ts";

/** SNS has no limit for an attribute of its own; no account, Region or rule is nearly as long. */
const maxAttribute = 256;
/** A text of so many characters, which JSON escapes to six times as many bytes, leaves room for a score of others. */
export const maxText = 2_000;

/** The first of some versions of a message, each shorter than the one before, that SNS takes; the last has to fit. */
export function toTopicMessage(
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

/** The same value with every text in it cut that is too long; where each stood is added to `cuts`. */
export function cutTexts<T>(value: T, path: string, cuts: string[]): T {
  return shorten(value, path, cuts) as T;
}

function shorten(value: unknown, path: string, cuts: string[]): unknown {
  if (typeof value === "string") {
    if (value.length > maxText) cuts.push(path);
    return cut(value, maxText);
  }
  if (Array.isArray(value)) return value.map((one, index) => shorten(one, `${path}.${index}`, cuts));
  if (typeof value !== "object" || value === null) return value;
  const inner = (name: string) => (path === "" ? name : `${path}.${name}`);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shorten(one, inner(name), cuts)]));
}

/** One line of JSON without characters that XML, in which SNS is spoken to, cannot carry. */
function toBody(message: FindingsMessage): string {
  return escapeUnseen(JSON.stringify(message));
}
