import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ActionName } from "../../lib/model/action.ts";
import { toggleTagKey } from "../../lib/model/database.ts";
import type { RemediationState } from "../../lib/model/remediation-state.ts";
import { createCloud } from "../../simulator/cloud.ts";
import type { DBInstance } from "../../simulator/resources.ts";
import { startSimulator } from "../../simulator/server.ts";

export const actions = ["toggle", "enable", "rotate"] as const satisfies readonly ActionName[];
export type KilledAction = (typeof actions)[number];

const account = "111111111111";
const region = "eu-west-1";
const schedule = { AutomaticallyAfterDays: 30 };
const tag = { Key: "team", Value: "shop" };

/** What a process printed, and how it ended: its exit status, or -1 if it was killed. */
export type Ended = { readonly status: number; readonly output: string };

/** One account with one database to repair, served as `demo --serve` serves it, and a repair state of its own. */
export async function openAccount(action: KilledAction, paceOfTime: number) {
  const cloud = createCloud({ now: new Date() });
  const here = cloud.region(account, region);
  const [old, required] = [here.addKey(), here.addKey({ alias: "alias/required" })];
  const managed = { kmsKeyId: action === "rotate" ? required.Arn : old.Arn, RotationRules: schedule };
  const overdue = { NextRotationDate: new Date(Date.now() - 9 * 86_400_000) };
  const orders = here.addInstance({
    identifier: "orders",
    managed: action === "enable" ? false : { ...managed, ...(action === "rotate" && overdue) },
  });
  const bystander = here.addInstance({ identifier: "bystander", managed });
  const before = structuredClone(bystander);
  const secretOf = ({ MasterUserSecret }: DBInstance) => here.secrets.get(MasterUserSecret?.SecretArn ?? "");
  const first = secretOf(orders);
  const policyFor = (arn: string) =>
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Principal: { AWS: account }, Action: "secretsmanager:DescribeSecret", Resource: arn },
      ],
    });
  if (first !== undefined)
    here.secrets.set(first.ARN, { ...first, Tags: [...first.Tags, tag], resourcePolicy: policyFor(first.ARN) });
  const simulator = await startSimulator(cloud, { pace: paceOfTime });
  const folder = mkdtempSync(join(tmpdir(), "kill-"));
  const file = (name: string) => join(folder, name);
  writeFileSync(
    file("policy.yaml"),
    `keys:
  - { match: { identifier: orders }, require: alias/required }
remediation:
  { allow: [rotate, toggle, enable], optIn: [{ identifier: orders }], approval: [], window: any-time, budget: { atOnce: 5, perDay: 50 } }
`,
  );
  const env = {
    ...process.env,
    ...{ AWS_ENDPOINT_URL: simulator.endpoint, AWS_ACCESS_KEY_ID: account, AWS_SECRET_ACCESS_KEY: "simulated" },
    ...{ AWS_REGION: region, NODE_NO_WARNINGS: "1" },
  };
  const start = (script: string, args: readonly string[], killAfter: number | null = null): Promise<Ended> => {
    const child = spawn(process.execPath, [join(import.meta.dirname, "..", "..", script), ...args], { env });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
    const timer = killAfter === null ? null : setTimeout(() => child.kill("SIGKILL"), killAfter);
    return new Promise((resolve) =>
      child.once("close", (status) => {
        if (timer !== null) clearTimeout(timer);
        resolve({ status: status ?? -1, output });
      }),
    );
  };
  const common = ["--policy", file("policy.yaml"), "--state", file("state.json")];
  return {
    terminal: (killAfter?: number) =>
      start("cli/main.ts", ["remediate", "orders", ...common, "--apply", "--yes"], killAfter ?? null),
    service: (execution: string) =>
      start("tests/kill/service.ts", [
        execution,
        orders.DbiResourceId,
        action,
        file("policy.yaml"),
        file("state.json"),
      ]),
    /** Lets the leases expire, instead of waiting for minutes. */
    expireLeases() {
      if (!existsSync(file("state.json"))) return;
      const state = JSON.parse(readFileSync(file("state.json"), "utf8")) as RemediationState;
      const expiresAt = new Date().toISOString();
      const running = state.running.map((one) => ({ ...one, expiresAt }));
      writeFileSync(file("state.json"), JSON.stringify({ ...state, running }));
    },
    /** What is not as it should be after a repair whose processes printed this. `isDone`: the last one says that it is repaired. */
    check(outputs: readonly string[], isDone: boolean): string[] {
      const secret = secretOf(orders);
      const printed = outputs.join("\n");
      const isNew = secret !== undefined && secret.ARN !== first?.ARN;
      const wrong = {
        "the bystander was changed": JSON.stringify(bystander) !== JSON.stringify(before),
        "the database is left off": secret === undefined && first !== undefined,
        "the toggle tag is left": isDone && orders.TagList.some(({ Key }) => Key === toggleTagKey),
        "the secret is not active": isDone && orders.MasterUserSecret?.SecretStatus !== "active",
        "the key is another": isDone && secret?.KmsKeyId !== required.Arn,
        "the new ARN was not told": isNew && !printed.replaceAll(/\s+/g, "").includes(secret.ARN),
        "the schedule is another":
          isDone &&
          action === "toggle" &&
          secret?.RotationRules?.AutomaticallyAfterDays !== schedule.AutomaticallyAfterDays,
        "the tags are others": isDone && action === "toggle" && !secret?.Tags.some(({ Key }) => Key === tag.Key),
        "the policy is another":
          isDone && action === "toggle" && secret?.resourcePolicy !== policyFor(secret?.ARN ?? ""),
      };
      return Object.entries(wrong).flatMap(([what, is]) => (is ? [what] : []));
    },
    async close() {
      await simulator.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
