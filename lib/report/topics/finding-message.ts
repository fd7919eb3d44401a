import type { Change, Digest } from "../../model/change.ts";
import type { FindingsMessage } from "../../model/message.ts";
import type { TopicMessage } from "../../model/topic-message.ts";
import { cutTexts, maxText, toTopicMessage } from "./topic-message.ts";

/** A change for machines: the finding as the report has it. Of one that is too large the evidence is left out, and then what is long is cut. */
export function toFindingMessage(change: Change): TopicMessage {
  const { severity, rule, account, region } = change.finding;
  return toTopicMessage(shorterAndShorter(change), { type: change.type, severity, rule, account, region });
}

/** The daily digest for machines. It has only one attribute, because it is about no finding. */
export function toDigestMessage(digest: Digest): TopicMessage {
  const type = "audit.completed";
  const isLong = digest.reportUrl !== null && digest.reportUrl.length > maxText;
  const audit = isLong ? { ...digest, reportUrl: null } : digest;
  return toTopicMessage([{ schemaVersion: "1.0", type, at: digest.generatedAt, audit }], { type });
}

/** The last of them always fits: with its evidence left out, a finding has 16 texts. */
function* shorterAndShorter({ type, reason, finding, at }: Change): Generator<FindingsMessage> {
  const message = { schemaVersion: "1.0", type, reason, at } as const;
  yield { ...message, truncated: [], finding };
  const truncated = ["finding.evidence"];
  const bare = { ...finding, evidence: {} };
  yield { ...message, truncated, finding: bare };
  yield { ...message, truncated, finding: cutTexts(bare, "finding", truncated) };
}
