import type { Change, Digest } from "../model/change.ts";
import type { Finding } from "../model/finding.ts";
import type { FindingsMessage } from "../model/message.ts";
import { cut } from "./cut.ts";
import { escapeUnseen } from "./json.ts";
import { toLines } from "./line.ts";

/** What SNS is given: the body, and the attributes that filter policies match, none of them empty, which SNS refuses. */
export type TopicMessage = { readonly body: string; readonly attributes: Readonly<Record<string, string>> };

/** Bytes of UTF-8 that SNS accepts, attributes included. Source: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
export const maxMessageBytes = 262_144;

/** SNS has no limit for an attribute of its own; no account, Region or rule is nearly as long. */
const maxAttribute = 256;
/** With evidence left out, a finding has 16 texts; each cut to so many characters, which JSON escapes to six times as many bytes, they fit. */
const maxText = 2_000;

/** A change for machines: the finding as the report has it. Of one that is too large the evidence is left out, and then what is long is cut. */
export function toFindingMessage({ type, because, finding, at }: Change): TopicMessage {
  const { severity, rule, account, region } = finding;
  const attributes = toLines({ type, severity, rule, account, region }, maxAttribute);
  let body = "";
  for (const shorter of shorterAndShorter(finding)) {
    body = toBody({ schemaVersion: "1.0", type, because, at, ...shorter });
    if (sizeOf(body, attributes) <= maxMessageBytes) break;
  }
  return { body, attributes };
}

/** The daily digest for machines. It has only one attribute, because it is about no finding. */
export function toDigestMessage(digest: Digest): TopicMessage {
  const type = "audit.completed";
  const attributes = { type };
  const audit =
    digest.reportUrl === null || digest.reportUrl.length <= maxText ? digest : { ...digest, reportUrl: null };
  return { body: toBody({ schemaVersion: "1.0", type, at: digest.generatedAt, audit }), attributes };
}

/** The last of them always fits. */
function* shorterAndShorter(finding: Finding): Generator<{ truncated: string[]; finding: Finding }> {
  yield { truncated: [], finding };
  const truncated = ["finding.evidence"];
  const bare = { ...finding, evidence: {} };
  yield { truncated, finding: bare };
  yield { truncated, finding: cutTexts(bare, "finding", truncated) as Finding };
}

function cutTexts(value: unknown, path: string, cuts: string[]): unknown {
  if (typeof value === "string") {
    if (value.length > maxText) cuts.push(path);
    return cut(value, maxText);
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, cutTexts(one, `${path}.${name}`, cuts)]));
}

/** One line of JSON without characters that XML, in which SNS is spoken to, cannot carry. */
function toBody(message: FindingsMessage): string {
  return escapeUnseen(JSON.stringify(message));
}

/** An attribute counts with its name and its type, `String`. */
function sizeOf(body: string, attributes: Readonly<Record<string, string>>): number {
  const texts = Object.entries(attributes).flatMap(([name, value]) => [name, "String", value]);
  return [body, ...texts].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}
