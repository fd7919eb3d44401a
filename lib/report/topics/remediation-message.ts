import type { FindingsMessage } from "../../model/message.ts";
import type { RemediationEvent } from "../../model/remediation-event.ts";
import type { TopicMessage } from "../../model/topic-message.ts";
import { cutTexts, toTopicMessage } from "./topic-message.ts";

/**
 * News of a repair for machines: all that is known of it. Of what is too large the sentences are cut, and only then all that is long, and
 * the lists left out: an ARN that was cut, which none of AWS's ever is, is named in `truncated`.
 */
export function toRemediationMessage(event: RemediationEvent): TopicMessage {
  const { type, action, severity, rule, database } = event;
  const { account, region } = database;
  return toTopicMessage(shorterAndShorter(event), { type, action, severity, rule, account, region });
}

/** The last of them always fits: without lists, an event has a dozen texts that may be long. */
function* shorterAndShorter(event: RemediationEvent): Generator<FindingsMessage> {
  const schemaVersion = "1.0";
  yield { schemaVersion, ...event, truncated: [] };
  const cuts: string[] = [];
  const { message, gates } = event;
  yield { schemaVersion, ...event, ...cutTexts({ message, gates }, "", cuts), truncated: cuts };
  const truncated: string[] = (["gates", "recovery"] as const).filter((list) => event[list].length > 0);
  yield { schemaVersion, ...cutTexts({ ...event, gates: [], recovery: [] }, "", truncated), truncated };
}
