import { compareReports } from "../../lib/audit/compare-reports.ts";
import type { Change } from "../../lib/model/change.ts";
import type { Database } from "../../lib/model/database.ts";
import type { Finding } from "../../lib/model/finding.ts";
import type { Target } from "../../lib/model/inventory.ts";
import type { AlertMessage } from "../../lib/report/chat/alert-message.ts";
import { aMasterUserSecret, anInventory, hoursFromNow, now } from "../support/builders.ts";
import { aCrowd, aReport } from "./sample-reports.ts";

/** A finding of the rule that most databases break, with something changed. */
export function aFinding(overrides: Partial<Finding> = {}): Finding {
  const [finding] = aReport(anInventory({ targets: [aCrowd(1, {}, orders)] })).findings;
  if (finding === undefined) throw new Error("there is no finding");
  const { rule, resource } = { ...finding, ...overrides };
  return { ...finding, id: `${rule}/${resource.arn}`, ...overrides };
}

/** It is opened now, unless said otherwise. */
export function aChange(overrides: Partial<Change> = {}, finding: Partial<Finding> = {}): Change {
  return { type: "finding.opened", reason: "new", at: now, finding: aFinding(finding), ...overrides };
}

/** A change of a finding on the database of this name. */
export function aChangeOf(identifier: string, overrides: Partial<Change> = {}, finding: Partial<Finding> = {}): Change {
  const arn = `arn:aws:rds:eu-west-1:123456789012:db:${identifier}`;
  return aChange(overrides, {
    resource: { arn, type: "AWS::RDS::DBInstance", identifier, resourceId: `db-${identifier.toUpperCase()}` },
    message: `DB instance ${identifier} has a master password that RDS does not manage.`,
    ...finding,
  });
}

/** The findings on these databases are all new. */
function openedIn(targets: readonly Target[]): readonly Change[] {
  return compareReports([], aReport(anInventory({ targets: [...targets] }))).changes;
}

/** 500 new findings in three accounts, some of them on secrets that are impaired. */
export function aFlood(): readonly Change[] {
  const impaired = { masterUserSecret: aMasterUserSecret({ status: "impaired" }) };
  return openedIn([
    aCrowd(300),
    aCrowd(150, { account: "210987654321", region: "us-east-1" }),
    aCrowd(50, { account: "345678901234", missingSecrets: [], secrets: [], keys: [] }, impaired),
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

/** A message as a person sees it: the title, the text, the steps, and what only a machine sees. */
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
