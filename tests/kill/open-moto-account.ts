import { CreateAliasCommand, CreateKeyCommand } from "@aws-sdk/client-kms";
import { CreateDBInstanceCommand } from "@aws-sdk/client-rds";
import {
  DescribeSecretCommand,
  PutResourcePolicyCommand,
  RotateSecretCommand,
  TagResourceCommand,
} from "@aws-sdk/client-secrets-manager";
import { toggleTagKey } from "../../lib/model/database.ts";
import { account, connect, type Emulator } from "../contract/emulators.ts";
import { currentVersionOf, startMotoFront } from "../contract/moto/moto-front.ts";
import { lookAtAll } from "../contract/moto/whole-account.ts";
import { createProcesses, type KilledAction, listTrue } from "./processes.ts";

const schedule = { AutomaticallyAfterDays: 30 };
const tag = { Key: "team", Value: "shop" };
const policyFor = (Resource: string) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { AWS: account }, Action: "secretsmanager:DescribeSecret", Resource }],
  });

/** The same as `openAccount`, in moto instead of the simulator. Only one is open at a time. */
export async function openMotoAccount(moto: Emulator, action: KilledAction) {
  const { endpoint } = await moto.open();
  const clients = connect(endpoint);
  const { rds, secrets, kms } = clients;
  const createKey = async (AliasName: string) => {
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
    await kms.send(new CreateAliasCommand({ AliasName, TargetKeyId: KeyMetadata?.KeyId }));
    return KeyMetadata?.Arn ?? "";
  };
  const [old, required] = [await createKey("alias/old"), await createKey("alias/required")];
  const createInstance = async (DBInstanceIdentifier: string, MasterUserSecretKmsKeyId: string | null) => {
    const { DBInstance } = await rds.send(
      new CreateDBInstanceCommand({
        ...{ DBInstanceIdentifier, Engine: "postgres", DBInstanceClass: "db.m6g.large", AllocatedStorage: 20 },
        MasterUsername: "master",
        ...(MasterUserSecretKmsKeyId === null
          ? { MasterUserPassword: "Correct-Horse_1" }
          : { ManageMasterUserPassword: true, MasterUserSecretKmsKeyId }),
      }),
    );
    const SecretId = DBInstance?.MasterUserSecret?.SecretArn ?? null;
    if (SecretId === null) return null;
    const RotationRules = action === "rotate" ? { AutomaticallyAfterDays: 1 } : schedule;
    await secrets.send(new TagResourceCommand({ SecretId, Tags: [tag] }));
    await secrets.send(new PutResourcePolicyCommand({ SecretId, ResourcePolicy: policyFor(SecretId) }));
    await secrets.send(new RotateSecretCommand({ SecretId, RotationRules }));
    return SecretId;
  };
  const first = await createInstance("orders", action === "enable" ? null : action === "rotate" ? required : old);
  await createInstance("bystander", old);
  const versionOf = async (SecretId: string) =>
    currentVersionOf(await secrets.send(new DescribeSecretCommand({ SecretId })));
  const firstVersion = first === null ? "" : await versionOf(first);
  const look = async () => {
    const { databases, secrets: all } = await lookAtAll(clients);
    const of = (name: string) => {
      const database = databases.get(name);
      return { database, secret: all.get(database?.MasterUserSecret?.SecretArn ?? "") };
    };
    return { orders: of("orders"), bystander: of("bystander") };
  };
  const before = await look();
  const front = await startMotoFront(endpoint, new Set([firstVersion]));
  const processes = createProcesses({ endpoint: front.endpoint, account });
  return {
    ...processes,
    /** What is not as it should be, as in `openAccount`. */
    async check(outputs: readonly string[], isDone: boolean): Promise<string[]> {
      const { orders, bystander } = await look();
      const { MasterUserSecret, TagList = [] } = (orders.database ?? {}) as {
        MasterUserSecret?: { SecretArn?: string; SecretStatus?: string; KmsKeyId?: string };
        TagList?: { Key?: string }[];
      };
      const { SecretArn = "", SecretStatus, KmsKeyId } = MasterUserSecret ?? {};
      const printed = outputs.join("\n").replaceAll(/\s+/g, "");
      const isToggled = isDone && action === "toggle";
      const { RotationRules, Tags, ResourcePolicy } = (orders.secret ?? {}) as {
        RotationRules?: typeof schedule;
        Tags?: (typeof tag)[];
        ResourcePolicy?: string;
      };
      return listTrue({
        "the bystander was changed": JSON.stringify(bystander) !== JSON.stringify(before.bystander),
        "the database is left off": MasterUserSecret === undefined && first !== null,
        "the toggle tag is left": isDone && TagList.some(({ Key }) => Key === toggleTagKey),
        "the secret is not active": isDone && SecretStatus !== "active",
        "the key is another": isDone && KmsKeyId !== required,
        "the password was not rotated": isDone && action === "rotate" && (await versionOf(SecretArn)) === firstVersion,
        "the new ARN was not told": SecretArn !== "" && SecretArn !== first && !printed.includes(SecretArn),
        "the schedule is another":
          isToggled && RotationRules?.AutomaticallyAfterDays !== schedule.AutomaticallyAfterDays,
        "the tags are others": isToggled && !Tags?.some(({ Key }) => Key === tag.Key),
        "the policy is another": isToggled && ResourcePolicy !== policyFor(SecretArn),
      });
    },
    async close() {
      processes.removeFolder();
      clients.destroy();
      await front.close();
    },
  };
}
