import { describeDatabase } from "../model/database.ts";
import { AwsCallError, isTransient } from "../model/errors.ts";
import type { RemediationEvent } from "../model/remediation-event.ts";
import type { TopicMessage } from "../model/topic-message.ts";
import { toRemediationAlert } from "../report/chat/remediation-alert.ts";
import { toRemediationMessage } from "../report/topics/remediation-message.ts";
import type { Publish } from "./destinations.ts";

type FailedTopic = { readonly topic: string; readonly reason: string; readonly error: unknown };

/**
 * Creates a function that publishes an event to both topics. It tries both, then throws an error that names those that failed: a transient
 * AwsCallError if a retry may help. A retry publishes to both again.
 */
export function createNotifier(
  publishToFindings: Publish,
  publishToAlerts: Publish,
): (event: RemediationEvent) => Promise<void> {
  return async (event) => {
    const alert = { body: JSON.stringify(toRemediationAlert(event)), attributes: {} };
    const sent = [
      send("findings", publishToFindings, toRemediationMessage(event)),
      send("alerts", publishToAlerts, alert),
    ];
    const failures = (await Promise.all(sent)).flat();
    if (failures.length === 0) return;
    const topics = failures.map(({ topic, reason }) => `the ${topic} topic (${reason})`).join(" and ");
    const sentence = `${event.type} of ${describeDatabase(event.database)} was not published to ${topics}`;
    const transient = failures.find(({ error }) => isTransient(error))?.error;
    throw transient instanceof AwsCallError ? transient.withMessage(sentence) : new Error(sentence);
  };
}

async function send(topic: string, publish: Publish, message: TopicMessage): Promise<FailedTopic[]> {
  try {
    const [refused] = await publish([{ id: "remediation", ...message }]);
    return refused === undefined ? [] : [{ topic, reason: refused.reason, error: null }];
  } catch (error) {
    return [{ topic, reason: error instanceof Error ? error.message : String(error), error }];
  }
}
