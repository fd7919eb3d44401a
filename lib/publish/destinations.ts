import { makeArn, parseArn } from "../model/arn.ts";
import type { Change, Digest } from "../model/change.ts";
import type { Finding } from "../model/finding.ts";
import type { OutgoingMessage, Refused } from "../model/topic-message.ts";
import { type SecurityHubFinding, type SecurityHubState, toAsff, toSecurityHubState } from "../report/aws/asff.ts";
import type { AlertOptions } from "../report/chat/alert-message.ts";
import { toAlerts } from "../report/chat/finding-alerts.ts";
import { toNoticeAlerts } from "../report/chat/notice-alerts.ts";
import { toDigestMessage, toFindingMessage } from "../report/topics/finding-message.ts";
import { isReminded } from "./notices.ts";
import { type Destination, type TimeLimit, throwIfRefused, type UndeliveredChange } from "./publish-report.ts";

/** Publishes messages to a topic and returns those that it refused. */
export type Publish = (messages: readonly OutgoingMessage[], options?: TimeLimit) => Promise<readonly Refused[]>;

/** Imports findings and returns those that were refused. */
export type ImportFindings = (
  findings: readonly SecurityHubFinding[],
  options?: TimeLimit,
) => Promise<readonly Refused[]>;

/** The findings topic, for machines: one JSON message for each change and one digest for each audit. */
export function createFindingsDestination(publish: Publish): Destination {
  return {
    name: "findings",
    isDivisible: true,
    async deliver(changes, { stop }) {
      const messages = changes.map((change, index) => ({ id: String(index), ...toFindingMessage(change) }));
      return toUndelivered(changes, await publish(messages, { stop }), (_, index) => String(index));
    },
    async sendDigest(digest: Digest) {
      const [refused] = await publish([{ id: "digest", ...toDigestMessage(digest) }]);
      if (refused !== undefined) throw new Error(`The digest was refused: ${refused.reason}`);
    },
  };
}

/** The alerts topic, for people: a few messages, however many changes. If one message is refused, all changes count as undelivered. */
export function createAlertsDestination(publish: Publish, options: Omit<AlertOptions, "reportUrl">): Destination {
  return {
    name: "alerts",
    isDivisible: false,
    async deliver(changes, { reportUrl, stop }) {
      const bodies = toAlerts(changes, { ...options, reportUrl }).map((alert) => JSON.stringify(alert));
      const messages = bodies.map((body, index) => ({ id: String(index), body, attributes: {} }));
      const [refused] = await publish(messages, { stop });
      return refused === undefined ? [] : changes.map((change) => ({ change, reason: refused.reason }));
    },
    async notify(notices, { open, at, reportUrl, stop }) {
      const reminded = open.filter(isReminded);
      const bodies = toNoticeAlerts(notices, { open: reminded, at, reportUrl }).map((alert) => JSON.stringify(alert));
      const messages = bodies.map((body, index) => ({ id: String(index), body, attributes: {} }));
      throwIfRefused(await publish(messages, { stop }), messages.length, "notices");
    },
  };
}

/**
 * AWS Security Hub. It deletes findings that are not updated for 90 days, so each full audit imports all open violations again. Resolved and exempt
 * findings are archived.
 */
export function createSecurityHubDestination(importFindings: ImportFindings): Destination {
  return {
    name: "securityHub",
    isDivisible: false,
    /** Imports the last change of each finding. */
    async deliver(changes: readonly Change[], { stop }) {
      const latest = new Map(changes.map((change) => [change.finding.id, change]));
      const imported = new Map(
        [...latest].map(([id, change]) => [id, toSecurityHub(change.finding, toSecurityHubState(change), change.at)]),
      );
      const refused = await importFindings([...imported.values()], { stop });
      return toUndelivered(changes, refused, ({ finding }) => imported.get(finding.id)?.Id);
    },
    async refresh(findings, at, { stop } = {}) {
      const imported = findings.map((finding) => toSecurityHub(finding, "active", at));
      throwIfRefused(await importFindings(imported, { stop }), findings.length, "findings");
    },
  };
}

/** The changes whose messages or findings were refused. */
function toUndelivered(
  changes: readonly Change[],
  refused: readonly Refused[],
  idOf: (change: Change, index: number) => string | undefined,
): readonly UndeliveredChange[] {
  const reasons = new Map<string | undefined, string>(refused.map(({ id, reason }) => [id, reason]));
  return changes.flatMap((change, index) => {
    const reason = reasons.get(idOf(change, index));
    return reason === undefined ? [] : [{ change, reason }];
  });
}

/** A finding of the default product of its account and Region, which is the product for custom findings. */
function toSecurityHub(finding: Finding, state: SecurityHubState, at: string): SecurityHubFinding {
  const { resource, account, region } = finding;
  const partition = parseArn(resource.arn)?.partition ?? "aws";
  const product = { partition, service: "securityhub", region, account, resource: `product/${account}/default` };
  return toAsff(finding, { state, at, productArn: makeArn(product) });
}
