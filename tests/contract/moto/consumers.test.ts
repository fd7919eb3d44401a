import { ECSClient, RegisterTaskDefinitionCommand } from "@aws-sdk/client-ecs";
import { CreateDBInstanceCommand } from "@aws-sdk/client-rds";
import { CreateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createAccount } from "../../../lib/aws/create-account.ts";
import { createConsumers } from "../../../lib/aws/read-consumers.ts";
import { takeInventory } from "../../../lib/collect/take-inventory.ts";
import { findConsumers } from "../../../lib/consumers/find-consumers.ts";
import type { ConsumersReport } from "../../../lib/model/consumer.ts";
import { parsePolicy } from "../../../lib/model/policy.ts";
import { rules } from "../../../rules/index.ts";
import { account, connect, type Emulator, region, startMoto } from "../emulators.ts";
import { describeWith } from "./when-installed.ts";

const hidden = "do-not-show-me";

describeWith(["moto_server"], "consumers on moto", () => {
  let emulator: Emulator;
  let report: ConsumersReport;

  beforeAll(async () => {
    emulator = await startMoto();
    const { endpoint } = await emulator.open();
    const options = {
      endpoint,
      credentials: { accessKeyId: account, secretAccessKey: "not-verified" },
      maxAttempts: 1,
    };
    const aws = connect(endpoint);
    const ecs = new ECSClient({ ...options, region });
    await aws.rds.send(
      new CreateDBInstanceCommand({
        DBInstanceIdentifier: "orders",
        Engine: "postgres",
        DBInstanceClass: "db.m6g.large",
        AllocatedStorage: 20,
        MasterUsername: "master",
        ManageMasterUserPassword: true,
      }),
    );
    const port = createAccount({ name: "moto", ...options });
    const now = new Date();
    const inventory = await takeInventory({
      accounts: [port],
      regions: [region],
      policy: parsePolicy("{}", "policy.yaml", []),
      rules,
      now: now.toISOString(),
    });
    const database = inventory.targets[0]?.databases[0];
    const secretArn = database?.masterUserSecret?.secretArn;
    if (database === undefined || secretArn == null) throw new Error("moto has no managed database");
    await ecs.send(
      new RegisterTaskDefinitionCommand({
        family: "web",
        containerDefinitions: [
          {
            name: "app",
            image: "app",
            memory: 128,
            environment: [{ name: "STAGE", value: hidden }],
            secrets: [{ name: "PGPASSWORD", valueFrom: `${secretArn}:password::` }],
          },
        ],
      }),
    );
    await aws.secrets.send(new CreateSecretCommand({ Name: "prod/orders", SecretString: hidden }));
    report = await findConsumers(database, [], createConsumers({ ...options, region }), now);
    aws.destroy();
    ecs.destroy();
  });
  afterAll(() => emulator?.stop());

  test("the task definition and the secret are found; the secret that RDS owns is none of one's own", () => {
    expect(report.consumers).toEqual([
      { kind: "ecs-task-definition", id: expect.stringMatching(/\/web:1$/), evidence: "variable app/PGPASSWORD" },
      { kind: "own-secret", id: expect.stringContaining(":secret:prod/orders-"), evidence: "its name is prod/orders" },
    ]);
    expect(JSON.stringify(report)).not.toContain(hidden);
  });

  test("the event history, which moto does not have, is a gap and no empty list", () => {
    expect(report.gaps.map(({ action }) => action)).toEqual(["cloudtrail:LookupEvents"]);
  });
});
