import { toggleTagKey } from "../../lib/model/database.ts";
import { createCloud } from "../../simulator/cloud.ts";
import type { DBInstance } from "../../simulator/resources.ts";
import { startSimulator } from "../../simulator/server.ts";
import { createProcesses, type KilledAction, listTrue, region } from "./processes.ts";

const account = "111111111111";
const schedule = { AutomaticallyAfterDays: 30 };
const tag = { Key: "team", Value: "shop" };

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
  const processes = createProcesses({ endpoint: simulator.endpoint, account });
  return {
    ...processes,
    service: (execution: string) => processes.service(execution, orders.DbiResourceId, action),
    /** What is not as it should be after a repair whose processes printed this. `isDone`: the last one says that it is repaired. */
    check(outputs: readonly string[], isDone: boolean): string[] {
      const secret = secretOf(orders);
      const printed = outputs.join("\n");
      const isNew = secret !== undefined && secret.ARN !== first?.ARN;
      return listTrue({
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
      });
    },
    async close() {
      await simulator.close();
      processes.removeFolder();
    },
  };
}
