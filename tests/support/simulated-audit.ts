import { assembleReport } from "../../lib/audit/assemble-report.ts";
import { createAccount } from "../../lib/aws/create-account.ts";
import { takeInventory } from "../../lib/collect/take-inventory.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import type { Finding } from "../../lib/model/finding.ts";
import type { Inventory } from "../../lib/model/inventory.ts";
import type { Policy } from "../../lib/model/policy.ts";
import type { Report } from "../../lib/model/report.ts";
import { rules } from "../../rules/index.ts";
import { createCloud } from "../../simulator/cloud.ts";
import { startSimulator } from "../../simulator/server.ts";

/** The time of every simulated audit. */
export const now = "2026-11-24T12:00:00.000Z";
const account = "111111111111";
export const region = "eu-west-1";

type Cloud = ReturnType<typeof createCloud>;
type Options = {
  readonly accounts?: readonly string[];
  readonly regions?: readonly string[] | "all";
  readonly policy?: Policy;
  readonly requestTimeoutSeconds?: number;
};
export type SimulatedAudit = Options & { readonly fleet?: (cloud: Cloud) => void };
type Audited = {
  readonly inventory: Inventory;
  readonly report: Report;
  /** The calls to AWS, including retries, as `region action`. */
  readonly calls: readonly string[];
};

/** Builds a fleet, serves it on localhost, and audits it with the SDK's clients. */
export async function auditSimulated({ fleet, ...options }: SimulatedAudit): Promise<Audited> {
  const cloud = createCloud({ now: new Date(now) });
  for (const id of options.accounts ?? [account]) cloud.account(id);
  fleet?.(cloud);
  const simulator = await startSimulator(cloud);
  try {
    const { accounts = [account], regions = [region], policy = defaultPolicy, requestTimeoutSeconds = 20 } = options;
    const inventory = await takeInventory({
      accounts: accounts.map((id) =>
        createAccount({
          name: `account ${id}`,
          endpoint: simulator.endpoint,
          credentials: { accessKeyId: id, secretAccessKey: "simulated" },
          maxAttempts: 2,
          requestTimeoutSeconds,
        }),
      ),
      regions,
      policy,
      rules,
      now,
    });
    const report = assembleReport(inventory, { policy, rules, generatedAt: now, version: "0.0.0" });
    return { inventory, report, calls: simulator.calls.map((call) => `${call.region} ${call.action}`) };
  } finally {
    await simulator.close();
  }
}

/** Findings as `rule identifier STATUS`, sorted. */
export function inShort(findings: readonly Finding[]): string[] {
  return findings.map(({ rule, resource, status }) => `${rule} ${resource.identifier} ${status}`).sort();
}
