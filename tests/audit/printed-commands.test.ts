import { beforeAll, expect, test } from "@jest/globals";
import { assembleReport } from "../../lib/audit/assemble-report.ts";
import { createAccount } from "../../lib/aws/create-account.ts";
import { takeInventory } from "../../lib/collect/take-inventory.ts";
import type { Finding } from "../../lib/model/finding.ts";
import { parsePolicy } from "../../lib/model/policy.ts";
import { splitCommands } from "../../lib/report/text/commands.ts";
import { rules } from "../../rules/index.ts";
import { createSampleOrganization, sampleAccounts } from "../../simulator/organization.ts";
import { startSimulator } from "../../simulator/server.ts";
import type { Region } from "../../simulator/state.ts";
import { now } from "../support/builders.ts";
import { runAwsCli } from "../support/run-aws-cli.ts";

const account = sampleAccounts.production;
const region = "eu-west-1";
const ruleIds = rules.map(({ id }) => id);

type World = {
  readonly here: Region;
  readonly audit: () => Promise<readonly Finding[]>;
  readonly run: (command: string) => Promise<void>;
  readonly advance: (minutes: number) => void;
};

/** The demo's Ireland, to audit and to run commands in. */
async function withDemo<T>(use: (world: World) => Promise<T>): Promise<T> {
  const { cloud, policyYaml } = createSampleOrganization({ now: new Date(now) });
  const { endpoint, close } = await startSimulator(cloud);
  const policy = parsePolicy(policyYaml, "the sample policy", ruleIds);
  const credentials = { accessKeyId: account, secretAccessKey: "simulated" };
  const audit = async () => {
    const accounts = [createAccount({ name: "production", endpoint, credentials, maxAttempts: 1 })];
    const at = cloud.now().toISOString();
    const inventory = await takeInventory({ accounts, regions: [region], policy, rules, now: at });
    return assembleReport(inventory, { policy, rules, generatedAt: at, version: "0.0.0" }).findings;
  };
  try {
    return await use({
      here: cloud.region(account, region),
      audit,
      run: (command) => runAwsCli(command, { endpoint, account }),
      advance: (minutes) => cloud.advance({ minutes }),
    });
  } finally {
    await close();
  }
}

const commandsOf = ({ remediation }: Finding) =>
  splitCommands(remediation).flatMap(({ kind, text }) => (kind === "command" ? [text] : []));

/** What a remedy tells to do first, where no command can do it: remove a cause, find an owner, look at the state of a key. */
const firsts: Readonly<Record<string, (here: Region) => void>> = {
  invoices: (here) => {
    for (const key of here.keys.values())
      if (key.KeyState === "Disabled") Object.assign(key, { KeyState: "Enabled", Enabled: true });
  },
  tickets: (here) => here.editSecret(secretArnOf(here, "tickets"), { DeletedDate: undefined }),
  subscriptions: (here) => here.editSecret(secretArnOf(here, "subscriptions"), { resourcePolicy: undefined }),
};

function secretArnOf(here: Region, identifier: string): string {
  return (here.instances.get(identifier) ?? here.clusters.get(identifier))?.MasterUserSecret?.SecretArn ?? "";
}

let findings: readonly Finding[] = [];
beforeAll(async () => {
  findings = await withDemo(({ audit }) => audit());
});

test("every command that the audit prints removes its finding and leaves no new one behind", async () => {
  const printed = findings.filter((finding) => commandsOf(finding).length > 0);
  expect(printed.length).toBeGreaterThan(20);
  const left: string[] = [];
  for (const finding of printed)
    await withDemo(async ({ here, audit, run, advance }) => {
      const { identifier } = finding.resource;
      const name = `${identifier} ${finding.rule}`;
      if (/^(Remove the cause|Find out|Check)/.test(finding.remediation)) firsts[identifier]?.(here);
      try {
        for (const command of commandsOf(finding)) await run(command);
      } catch (error) {
        left.push(`${name}: ${String(error)}`);
      }
      advance(30);
      const before = new Set(findings.map(({ id }) => id));
      for (const { id, message } of (await audit()).filter(({ resource }) => resource.identifier === identifier))
        if (id === finding.id || !before.has(id)) left.push(`${name}: ${message}`);
    });
  expect(left).toEqual([]);
});
