import { describeDatabase } from "../model/database.ts";
import { AwsCallError, isTransient } from "../model/errors.ts";
import type { RemediationEvent } from "../model/remediation-event.ts";
import type { TopicMessage } from "../model/topic-message.ts";
import type { Publish } from "../publish/destinations.ts";
import { toRemediationAlert } from "../report/chat/remediation-alert.ts";
import { toRemediationMessage } from "../report/topics/remediation-message.ts";

/** A topic that did not take a message, and the error behind it where there is one. */
type Undelivered = { readonly topic: string; readonly reason: string; readonly error: unknown };

/**
 * Tells machines and people of a step of a repair, each on their topic. Both are tried, and where not both took it, it throws an error of
 * one sentence that names which: one that may pass, where what kept a topic from it may pass. Told again, it is told twice to whoever has
 * heard it.
 */
export function createNotifier(
  publishToFindings: Publish,
  publishToAlerts: Publish,
): (event: RemediationEvent) => Promise<void> {
  return async (event) => {
    const alert = { body: JSON.stringify(toRemediationAlert(event)), attributes: {} };
    const undelivered = (
      await Promise.all([
        send("findings", publishToFindings, toRemediationMessage(event)),
        send("alerts", publishToAlerts, alert),
      ])
    ).flat();
    if (undelivered.length === 0) return;
    const topics = undelivered.map(({ topic, reason }) => `the ${topic} topic (${reason})`).join(" and ");
    const sentence = `${event.type} of ${describeDatabase(event.database)} was not taken by ${topics}`;
    const passing = undelivered.find(({ error }) => isTransient(error))?.error;
    throw passing instanceof AwsCallError
      ? new AwsCallError(passing.action, passing.code, sentence)
      : new Error(sentence);
  };
}

async function send(topic: string, publish: Publish, message: TopicMessage): Promise<Undelivered[]> {
  try {
    const [refused] = await publish([{ id: "remediation", ...message }]);
    return refused === undefined ? [] : [{ topic, reason: refused.reason, error: null }];
  } catch (error) {
    return [{ topic, reason: error instanceof Error ? error.message : String(error), error }];
  }
}
