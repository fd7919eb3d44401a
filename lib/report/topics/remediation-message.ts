import type { FindingsMessage } from "../../model/message.ts";
import type { RemediationEvent } from "../../model/remediation-event.ts";
import type { TopicMessage } from "../../model/topic-message.ts";
import { toSnsMessage, truncateTexts } from "./sns-message.ts";

/**
 * A repair event as a message of the findings topic. If it is too large, long sentences are truncated first, then the lists are dropped and all
 * long texts truncated. `truncated` names each of them. No ARN of AWS is that long.
 */
export function toRemediationMessage(event: RemediationEvent): TopicMessage {
  const { type, action, severity, rule, database } = event;
  const { account, region } = database;
  return toSnsMessage(smallerVersions(event), { type, action, severity, rule, account, region });
}

/** The last version always fits: without lists, an event has a dozen texts that may be long. */
function* smallerVersions(event: RemediationEvent): Generator<FindingsMessage> {
  const schemaVersion = "1.0";
  yield { schemaVersion, ...event, truncated: [] };
  const cuts: string[] = [];
  const { message, gates } = event;
  yield { schemaVersion, ...event, ...truncateTexts({ message, gates }, "", cuts), truncated: cuts };
  const truncated: string[] = (["gates", "recovery"] as const).filter((list) => event[list].length > 0);
  yield { schemaVersion, ...truncateTexts({ ...event, gates: [], recovery: [] }, "", truncated), truncated };
}
