import type { Change, Digest } from "../model/change.ts";
import type { Finding } from "../model/finding.ts";
import type { OutgoingMessage, Refused } from "../model/topic-message.ts";
import { type SecurityHubFinding, toAsff, toSecurityHubState } from "../report/aws/asff.ts";
import { toAlerts } from "../report/chat/alert.ts";
import type { AlertOptions } from "../report/chat/alert-message.ts";
import { toDigestMessage, toFindingMessage } from "../report/topics/finding-message.ts";
import type { Destination, Refusal } from "./publish-report.ts";

/** Sends messages to a topic and answers with those that it refused. */
export type Publish = (messages: readonly OutgoingMessage[]) => Promise<readonly Refused[]>;

/** Imports findings and answers with those that were refused. */
export type Import = (findings: readonly SecurityHubFinding[]) => Promise<readonly Refused[]>;

/** One JSON message per change, for machines, and one per audit. */
export function createFindingsDestination(publish: Publish): Destination {
  return {
    name: "findings",
    async deliver(changes) {
      const messages = changes.map((change, index) => ({ id: String(index), ...toFindingMessage(change) }));
      return toRefusals(changes, await publish(messages), (_, index) => String(index));
    },
    async announce(digest: Digest) {
      const [refused] = await publish([{ id: "digest", ...toDigestMessage(digest) }]);
      if (refused !== undefined) throw new Error(`the digest was refused: ${refused.reason}`);
    },
  };
}

/** Messages for people, few however many changes there are. If one is refused all of its changes are told again. */
export function createAlertsDestination(
  publish: Publish,
  options: Pick<AlertOptions, "threshold" | "exemptionTags">,
): Destination {
  return {
    name: "alerts",
    async deliver(changes, { reportUrl }) {
      const alerts = toAlerts(changes, { ...options, reportUrl });
      const [refused] = await publish(
        alerts.map((alert, index) => ({ id: String(index), body: JSON.stringify(alert), attributes: {} })),
      );
      return refused === undefined ? [] : changes.map((change) => ({ change, reason: refused.reason }));
    },
  };
}

/**
 * AWS Security Hub. All that is wrong is imported again by every full audit, because it forgets what it is not told for
 * 90 days; what is resolved or exempt is archived.
 */
export function createSecurityHubDestination(importFindings: Import): Destination {
  return {
    name: "securityHub",
    /** Of several changes of one finding the last is how it is now. */
    async deliver(changes: readonly Change[]) {
      const latest = new Map(changes.map((change) => [change.finding.id, change]));
      const imported = new Map(
        [...latest.values()].map((change) => {
          const { finding, at } = change;
          const options = { state: toSecurityHubState(change), at, productArn: productArnOf(finding) };
          return [finding.id, toAsff(finding, options)] as const;
        }),
      );
      const refused = await importFindings([...imported.values()]);
      return toRefusals(changes, refused, ({ finding }) => imported.get(finding.id)?.Id);
    },
    async refresh(findings, at) {
      const imported = findings.map((finding) =>
        toAsff(finding, { state: "active", at, productArn: productArnOf(finding) }),
      );
      const refused = await importFindings(imported);
      const [first] = refused;
      if (first !== undefined)
        throw new Error(
          `${refused.length} of ${findings.length} findings were refused, the first because: ${first.reason}`,
        );
    },
  };
}

/** The changes that were sent under ids that were refused. */
function toRefusals(
  changes: readonly Change[],
  refused: readonly Refused[],
  idOf: (change: Change, index: number) => string | undefined,
): readonly Refusal[] {
  const reasons = new Map<string | undefined, string>(refused.map(({ id, reason }) => [id, reason]));
  return changes.flatMap((change, index) => {
    const reason = reasons.get(idOf(change, index));
    return reason === undefined ? [] : [{ change, reason }];
  });
}

/** Findings that are nobody's product belong to the default one of their account and Region. */
function productArnOf({ resource, account, region }: Finding): string {
  return `arn:${resource.arn.split(":")[1]}:securityhub:${region}:${account}:product/${account}/default`;
}
