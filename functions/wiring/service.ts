import { reasons } from "../../lib/audit/classify.ts";
import type { ClientOptions } from "../../lib/aws/client-config.ts";
import { createStore } from "../../lib/aws/create-store.ts";
import { publishMessages } from "../../lib/aws/publish-messages.ts";
import type { Policy } from "../../lib/model/policy.ts";
import {
  createAlertsDestination,
  createFindingsDestination,
  createSecurityHubDestination,
  type Publish,
} from "../../lib/publish/destinations.ts";
import type { Destination, Store } from "../../lib/publish/publish-report.ts";
import packageJson from "../../package.json" with { type: "json" };
import { rules } from "../../rules/index.ts";
import type { AuditSettings } from "./settings.ts";
import type { TimeLimits } from "./time-limits.ts";

/** The version in reports. */
export const { version } = packageJson;

/** Creates a function that publishes to a topic. */
export function createPublisher(signal?: AbortSignal) {
  return (topicArn: string): Publish =>
    (messages, options) =>
      publishMessages(topicArn, messages, { signal, ...options });
}

/** The store and the destinations of this deployment. The credentials are those of the account, if they are not the function's. */
export function createService(
  settings: AuditSettings,
  policy: Policy,
  { account, credentials }: { readonly account: string } & Pick<ClientOptions, "credentials">,
  { answering, storing }: TimeLimits,
): { store: Store; destinations: readonly Destination[] } {
  const { ALERT_THRESHOLD, ALERTS_TOPIC_ARN, FINDINGS_TOPIC_ARN, REPORT_BUCKET, SECURITY_HUB } = settings;
  const texts = Object.fromEntries(reasons.map(({ code, explanation }) => [code, explanation]));
  const alertOptions = { threshold: ALERT_THRESHOLD, exemptionTags: policy.exemptionTags };
  const publishTo = createPublisher(answering);
  return {
    store: createStore({
      bucket: REPORT_BUCKET,
      account,
      signal: storing,
      async toPage(report, trend) {
        const { renderPage } = await import("../../lib/report/page/page.ts");
        return renderPage(report, { reasons: texts, rules, ...trend });
      },
    }),
    destinations: [
      createFindingsDestination(publishTo(FINDINGS_TOPIC_ARN)),
      createAlertsDestination(publishTo(ALERTS_TOPIC_ARN), alertOptions),
      ...(SECURITY_HUB === "on"
        ? [
            createSecurityHubDestination(async (findings, options) =>
              (await import("../../lib/aws/import-findings.ts")).importFindings(findings, {
                ...{ account, signal: answering },
                ...(credentials && { credentials }),
                ...options,
              }),
            ),
          ]
        : []),
    ],
  };
}
