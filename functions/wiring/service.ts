import { reasons } from "../../lib/audit/classify.ts";
import { createStore } from "../../lib/aws/create-store.ts";
import { importFindings } from "../../lib/aws/import-findings.ts";
import { publishMessages } from "../../lib/aws/publish-messages.ts";
import type { Policy } from "../../lib/model/policy.ts";
import {
  createAlertsDestination,
  createFindingsDestination,
  createSecurityHubDestination,
} from "../../lib/publish/destinations.ts";
import type { Destination, Store } from "../../lib/publish/publish-report.ts";
import { renderPage } from "../../lib/report/page/page.ts";
import packageJson from "../../package.json" with { type: "json" };
import type { AuditSettings } from "./settings.ts";

/** The version in reports. */
export const { version } = packageJson;

/** The store and the destinations of this deployment. */
export function createService(
  settings: AuditSettings,
  policy: Policy,
  account: string,
): { store: Store; destinations: readonly Destination[] } {
  const { ALERT_THRESHOLD, ALERTS_TOPIC_ARN, FINDINGS_TOPIC_ARN, REPORT_BUCKET, SECURITY_HUB } = settings;
  const texts = Object.fromEntries(reasons.map(({ code, explanation }) => [code, explanation]));
  const alertOptions = { threshold: ALERT_THRESHOLD, exemptionTags: policy.exemptionTags };
  return {
    store: createStore({ bucket: REPORT_BUCKET, toPage: (report) => renderPage(report, { reasons: texts }) }),
    destinations: [
      createFindingsDestination((messages) => publishMessages(FINDINGS_TOPIC_ARN, messages)),
      createAlertsDestination((messages) => publishMessages(ALERTS_TOPIC_ARN, messages), alertOptions),
      ...(SECURITY_HUB === "on"
        ? [createSecurityHubDestination((findings) => importFindings(findings, { account }))]
        : []),
    ],
  };
}
