import { compareReports } from "../../lib/audit/compare-reports.ts";
import type { Change } from "../../lib/model/change.ts";
import type { Database } from "../../lib/model/database.ts";
import type { Finding } from "../../lib/model/finding.ts";
import type { Target } from "../../lib/model/inventory.ts";
import type { AlertMessage } from "../../lib/report/chat/alert-message.ts";
import { aMasterUserSecret, anInventory, hoursFromNow, now } from "../support/builders.ts";
import { aReport, aTargetOf } from "./sample-reports.ts";

/** A finding of master-password-managed, with overrides. */
export function aFinding(overrides: Partial<Finding> = {}): Finding {
  const [finding] = aReport(anInventory({ targets: [aTargetOf(1, {}, orders)] })).findings;
  if (finding === undefined) throw new Error("The report has no finding.");
  const { rule, resource } = { ...finding, ...overrides };
  return { ...finding, id: `${rule}/${resource.arn}`, ...overrides };
}

/** A change, by default a new finding. */
export function aChange(overrides: Partial<Change> = {}, finding: Partial<Finding> = {}): Change {
  return { type: "finding.opened", reason: "new", at: now, finding: aFinding(finding), ...overrides };
}

/** A change to a finding on the DB instance with this identifier. */
export function aChangeOf(identifier: string, overrides: Partial<Change> = {}, finding: Partial<Finding> = {}): Change {
  const arn = `arn:aws:rds:eu-west-1:123456789012:db:${identifier}`;
  return aChange(overrides, {
    resource: { arn, type: "AWS::RDS::DBInstance", identifier, resourceId: `db-${identifier.toUpperCase()}` },
    message: `RDS does not manage the master password of DB instance ${identifier}.`,
    ...finding,
  });
}

/** The changes of a first audit of these targets. */
function openedIn(targets: readonly Target[]): readonly Change[] {
  return compareReports([], aReport(anInventory({ targets: [...targets] }))).changes;
}

/** New findings on 500 databases in three accounts, 50 of them with impaired secrets. */
export function manyNewChanges(): readonly Change[] {
  const impaired = { masterUserSecret: aMasterUserSecret({ status: "impaired" }) };
  return openedIn([
    aTargetOf(300),
    aTargetOf(150, { account: "210987654321", region: "us-east-1" }),
    aTargetOf(50, { account: "345678901234", missingSecrets: [], secrets: [], keys: [] }, impaired),
  ]);
}

const orders: Partial<Database> = {
  identifier: "orders",
  arn: "arn:aws:rds:eu-west-1:123456789012:db:orders",
  resourceId: "db-ORDERS",
};

/** It was exempt until four days ago. */
export const anEndedExemption = {
  owner: "orders@example.com",
  reason: "Moves to IAM authentication first",
  until: "2026-11-20",
  source: "tags",
} as const;

export const threeWeeksAgo = hoursFromNow(-23 * 24);

/** A message as text: title, description, next steps, keywords and metadata. */
export function show({ content, metadata }: AlertMessage): string {
  return [
    `# ${content.title}`,
    content.description,
    ...(content.nextSteps.length > 0 ? ["", "Next steps", ...content.nextSteps.map((step) => `- ${step}`)] : []),
    "",
    `[${content.keywords.join("] [")}]`,
    `thread:  ${metadata.threadId}`,
    `summary: ${metadata.summary}`,
    `context: ${JSON.stringify(metadata.additionalContext)}`,
    "",
  ].join("\n");
}
