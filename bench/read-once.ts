/**
 * Reads a fleet once in its own process. `audit` does what the CLI does, including the rendered report; `bare` runs the SDK's
 * paginators over the same pages, with the same clients and concurrency. Prints a `Reading` as JSON.
 */
import { KMSClient } from "@aws-sdk/client-kms";
import { paginateDescribeDBClusters, paginateDescribeDBInstances, RDSClient } from "@aws-sdk/client-rds";
import { paginateListSecrets, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import pLimit from "p-limit";
import { assembleReport } from "../lib/audit/assemble-report.ts";
import { createAccount } from "../lib/aws/create-account.ts";
import { openOrganization } from "../lib/aws/open-organization.ts";
import { openRole } from "../lib/aws/open-role.ts";
import { concurrency, takeInventory } from "../lib/collect/take-inventory.ts";
import { defaultPolicy } from "../lib/model/default-policy.ts";
import { auditOrganization } from "../lib/organization/audit-organization.ts";
import { discoverAccounts } from "../lib/organization/discover-accounts.ts";
import { toJson } from "../lib/report/files/json.ts";
import { rules } from "../rules/index.ts";
import type { Fleet } from "./fleet.ts";

/** The measurements of one reading. */
export type Reading = {
  readonly milliseconds: number;
  readonly peakMebibytes: number;
  readonly databases: number;
  readonly calls: number;
  readonly clean: boolean;
};

const [, , how, endpoint = "", fleetText = ""] = process.argv;
const { accounts, regions, isOrganization } = JSON.parse(fleetText) as Fleet;
const credentialsOf = (account: string) => ({ accessKeyId: account, secretAccessKey: "simulated" });

const startedAt = performance.now();
const result =
  how === "bare" ? await bare() : isOrganization === true ? await auditMembers(accounts[0] ?? "") : await audit();
const milliseconds = performance.now() - startedAt;
const reading: Reading = { milliseconds, peakMebibytes: process.resourceUsage().maxRSS / 1024, ...result };
process.stdout.write(JSON.stringify(reading));

async function audit() {
  const now = new Date().toISOString();
  const inventory = await takeInventory({
    accounts: accounts.map((id) => createAccount({ name: id, endpoint, credentials: credentialsOf(id) })),
    regions,
    policy: defaultPolicy,
    rules,
    now,
  });
  const report = assembleReport(inventory, { policy: defaultPolicy, rules, generatedAt: now, version: "bench" });
  if (toJson(report).length === 0) throw new Error("the report is empty");
  const inTargets = report.coverage.targets.reduce((sum, { calls }) => sum + calls, 0);
  return { databases: report.summary.databases, calls: accounts.length + inTargets, clean: report.clean };
}

/** Audits an organization as the command line does. */
async function auditMembers(caller: string) {
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
  if (toJson(report).length === 0) throw new Error("the report is empty");
  const { targets, counts } = report.coverage;
  if (counts.seen !== accounts.length * regions.length) throw new Error("the audit did not see every Region");
  const inTargets = targets.reduce((sum, { calls }) => sum + calls, 0);
  const listing = 2 + Math.ceil(accounts.length / 20);
  return { databases: report.summary.databases, calls: listing + accounts.length + inTargets, clean: report.clean };
}

async function bare() {
  const limit = pLimit(concurrency);
  let databases = 0;
  let calls = 0;
  const readAll = async (account: string, region: string) => {
    const config = { endpoint, region, credentials: credentialsOf(account), retryMode: "adaptive" };
    const rds = new RDSClient(config);
    const secrets = new SecretsManagerClient(config);
    new KMSClient(config);
    await Promise.all([
      drain(paginateDescribeDBInstances({ client: rds }, {}), (page) => (databases += page.DBInstances?.length ?? 0)),
      drain(paginateDescribeDBClusters({ client: rds }, {})),
      drain(
        paginateListSecrets(
          { client: secrets, pageSize: 100 },
          { Filters: [{ Key: "owning-service", Values: ["rds"] }] },
        ),
      ),
    ]);
  };
  const drain = async <Page>(pages: AsyncIterable<Page>, onPage?: (page: Page) => void) => {
    for await (const page of pages) {
      calls += 1;
      onPage?.(page);
    }
  };
  await Promise.all(accounts.flatMap((account) => regions.map((region) => limit(() => readAll(account, region)))));
  return { databases, calls, clean: true };
}
