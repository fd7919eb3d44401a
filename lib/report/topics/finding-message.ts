import type { Change, Digest } from "../../model/change.ts";
import type { FindingsMessage } from "../../model/message.ts";
import type { TopicMessage } from "../../model/topic-message.ts";
import { maxText, toSnsMessage, truncateTexts } from "./sns-message.ts";

/** A change as a message of the findings topic. If it is too large, the evidence is dropped first, then long texts are truncated. */
export function toFindingMessage(change: Change): TopicMessage {
  const { severity, rule, account, region } = change.finding;
  return toSnsMessage(smallerVersions(change), { type: change.type, severity, rule, account, region });
}

/** The digest as a message of the findings topic. Its only attribute is the type, because it concerns no single finding. */
export function toDigestMessage(digest: Digest): TopicMessage {
  const type = "audit.completed";
  const isLong = digest.reportUrl !== null && digest.reportUrl.length > maxText;
  const audit = isLong ? { ...digest, reportUrl: null } : digest;
  return toSnsMessage([{ schemaVersion: "1.0", type, at: digest.generatedAt, audit }], { type });
}

/** The last version always fits: without evidence, a finding has 17 texts. */
function* smallerVersions({ type, reason, finding, at }: Change): Generator<FindingsMessage> {
  const message = { schemaVersion: "1.0", type, reason, at } as const;
  yield { ...message, truncated: [], finding };
  const truncated = ["finding.evidence"];
  const bare = { ...finding, evidence: {} };
  yield { ...message, truncated, finding: bare };
  yield { ...message, truncated, finding: truncateTexts(bare, "finding", truncated) };
}
