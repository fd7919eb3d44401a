import { assembleReport } from "../lib/audit/assemble-report.ts";
import { createAccount } from "../lib/aws/create-account.ts";
import { openOrganization } from "../lib/aws/open-organization.ts";
import { openRole } from "../lib/aws/open-role.ts";
import { takeInventory } from "../lib/collect/take-inventory.ts";
import { defaultPolicy } from "../lib/model/default-policy.ts";
import type { Report } from "../lib/model/report.ts";
import { auditOrganization } from "../lib/organization/audit-organization.ts";
import { discoverAccounts } from "../lib/organization/discover-accounts.ts";
import { renderJson } from "../lib/report/files/json.ts";
import { rules } from "../rules/index.ts";
import type { Fleet, Reading } from "./fleet.ts";

const credentialsOf = (account: string) => ({ accessKeyId: account, secretAccessKey: "simulated" });

/** Audits accounts, each with its own credentials. */
export async function auditAccounts(endpoint: string, { accounts, regions }: Fleet): Promise<Reading> {
  const now = new Date().toISOString();
  const inventory = await takeInventory({
    accounts: accounts.map((id) => createAccount({ name: id, endpoint, credentials: credentialsOf(id) })),
    regions,
    policy: defaultPolicy,
    rules,
    now,
  });
  const report = assembleReport(inventory, { policy: defaultPolicy, rules, generatedAt: now, version: "bench" });
  render(report);
  const inTargets = report.coverage.targets.reduce((sum, { calls }) => sum + calls, 0);
  return { databases: report.summary.databases, calls: accounts.length + inTargets, clean: report.clean };
}

/** Audits an organization as the command line does. */
export async function auditMembers(endpoint: string, { accounts, regions }: Fleet): Promise<Reading> {
  const [caller = ""] = accounts;
  const now = new Date().toISOString();
  const credentials = credentialsOf(caller);
  await createAccount({ name: caller, endpoint, credentials }).identify();
  const organization = await openOrganization({ endpoint, credentials });
  const discovery = await discoverAccounts(organization, defaultPolicy);
  const open = (id: string) =>
    id === caller
      ? createAccount({ name: id, endpoint, credentials })
      : openRole({ endpoint, credentials, roleArn: `arn:aws:iam::${id}:role/auditor`, externalId: "bench" });
  const request = { policy: defaultPolicy, rules, now, version: "bench", generatedAt: () => now };
  const report = await auditOrganization(discovery, { ...request, organization, caller, open, regions });
  render(report);
  const { targets, counts } = report.coverage;
  if (counts.seen !== accounts.length * regions.length) throw new Error("the audit did not see every Region");
  const inTargets = targets.reduce((sum, { calls }) => sum + calls, 0);
  const listing = 2 + Math.ceil(accounts.length / 20);
  return { databases: report.summary.databases, calls: listing + accounts.length + inTargets, clean: report.clean };
}

/** Renders the report as it is written, part by part. */
function render(report: Report): void {
  let length = 0;
  for (const part of renderJson(report)) length += part.length;
  if (length === 0) throw new Error("the report is empty");
}
