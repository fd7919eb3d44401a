import { fileURLToPath } from "node:url";
import { CreateDBInstanceCommand } from "@aws-sdk/client-rds";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { account, connect, createSimulator, type Emulator, type OpenAws, region, startMoto } from "../emulators.ts";
import { type AwsShell, run, startAwsShell } from "./programs.ts";
import { describeWith } from "./when-installed.ts";

type Page<Field extends string> = Record<Field, Record<string, unknown>[]>;

describeWith(["aws", "python3"], "the AWS CLI is answered by the simulator", () => {
  let simulated: OpenAws;
  let shell: AwsShell;
  const aws = <Answer>(command: string) => shell.aws<Answer>(...command.split(" "));

  beforeAll(async () => {
    simulated = await createSimulator().open();
    const fleet = simulated.cloud?.region(account, region);
    const key = fleet?.addKey({ alias: "alias/payments" });
    for (let number = 10; number < 55; number += 1) fleet?.addInstance({ identifier: `db-${number}`, managed: true });
    fleet?.addInstance({ identifier: "legacy", engine: "mysql", tags: { team: "shop" } });
    fleet?.addCluster({ identifier: "shop", members: 2, managed: { kmsKeyId: key?.Arn ?? "" } });
    shell = startAwsShell(simulated.endpoint);
  });
  afterAll(async () => {
    await shell?.close();
    await simulated?.close();
  });

  test("rds describe-db-instances --page-size", async () => {
    const { DBInstances } = await aws<Page<"DBInstances">>("rds describe-db-instances --page-size 20");
    expect(DBInstances).toHaveLength(48);
    expect(DBInstances[0]).toMatchObject({
      DBInstanceIdentifier: "db-10",
      DBInstanceArn: `arn:aws:rds:${region}:${account}:db:db-10`,
      MasterUserSecret: { SecretStatus: "active", KmsKeyId: expect.stringMatching(/^arn:aws:kms:.*:key\//) },
    });
  });

  test("rds describe-db-instances --max-items and --starting-token", async () => {
    type Some = Page<"DBInstances"> & { NextToken: string };
    const first = await aws<Some>("rds describe-db-instances --page-size 20 --max-items 45");
    const rest = await aws<Page<"DBInstances">>(`rds describe-db-instances --starting-token ${first.NextToken}`);
    expect([first.DBInstances.length, rest.DBInstances.length]).toEqual([45, 3]);
  });

  test("rds describe-db-instances --filters --query", async () => {
    const found = await aws(
      "rds describe-db-instances --filters Name=engine,Values=mysql --query DBInstances[].TagList",
    );
    expect(found).toEqual([[{ Key: "team", Value: "shop" }]]);
  });

  test("rds describe-db-clusters", async () => {
    const { DBClusters } = await aws<Page<"DBClusters">>("rds describe-db-clusters");
    expect(DBClusters).toMatchObject([
      {
        DBClusterIdentifier: "shop",
        DBClusterMembers: [{ IsClusterWriter: true }, { IsClusterWriter: false }],
        MasterUserSecret: { SecretStatus: "active" },
      },
    ]);
  });

  test("secretsmanager list-secrets and describe-secret", async () => {
    const { SecretList } = await aws<Page<"SecretList">>(
      "secretsmanager list-secrets --filters Key=owning-service,Values=rds --page-size 20 --include-planned-deletion",
    );
    expect(SecretList).toHaveLength(46);
    const described = await aws<Record<string, unknown>>(
      `secretsmanager describe-secret --secret-id ${SecretList[0]?.ARN}`,
    );
    expect(described).toMatchObject({ OwningService: "rds", RotationEnabled: true, CreatedDate: expect.anything() });
    expect(described).not.toHaveProperty("KmsKeyId");
  });

  test("kms describe-key and list-aliases", async () => {
    expect(await aws("kms describe-key --key-id alias/payments")).toMatchObject({
      KeyMetadata: { KeyState: "Enabled", KeyManager: "CUSTOMER" },
    });
    expect(await aws("kms describe-key --key-id alias/aws/secretsmanager")).toMatchObject({
      KeyMetadata: { KeyManager: "AWS" },
    });
    const names = await aws<string[]>("kms list-aliases --query Aliases[].AliasName");
    expect(names).toEqual(expect.arrayContaining(["alias/payments", "alias/aws/secretsmanager"]));
  });

  test("sts get-caller-identity", async () => {
    expect(await aws("sts get-caller-identity")).toMatchObject({ Account: account });
  });

  test("rds create-db-instance --manage-master-user-password, until it is available", async () => {
    const place = "--engine postgres --db-instance-class db.t4g.micro --master-username master --allocated-storage 20";
    const created = await aws(
      `rds create-db-instance --db-instance-identifier new ${place} --manage-master-user-password`,
    );
    expect(created).toMatchObject({
      DBInstance: { DBInstanceStatus: "creating", MasterUserSecret: { SecretStatus: "creating" } },
    });
    simulated.settle();
    const described = await aws<Page<"DBInstances">>("rds describe-db-instances --db-instance-identifier new");
    expect(described.DBInstances).toMatchObject([
      { DBInstanceStatus: "available", MasterUserSecret: { SecretStatus: "active" } },
    ]);
  });

  test("errors are AWS's", async () => {
    await expect(aws("rds describe-db-instances --db-instance-identifier x")).rejects.toThrow(
      "An error occurred (DBInstanceNotFound) when calling the DescribeDBInstances operation: DBInstance x not found.",
    );
    await expect(aws("secretsmanager describe-secret --secret-id x")).rejects.toThrow("(ResourceNotFoundException)");
    await expect(aws("kms describe-key --key-id alias/x")).rejects.toThrow("(NotFoundException)");
  });

  test("the value of a secret cannot be read", async () => {
    const { SecretList } = await aws<Page<"SecretList">>("secretsmanager list-secrets");
    await expect(aws(`secretsmanager get-secret-value --secret-id ${SecretList[0]?.ARN}`)).rejects.toThrow(
      "(AccessDeniedException)",
    );
  });

  test("as a separate process, with its text output and exit status", async () => {
    const [found, missing] = await Promise.all([
      run("aws", "rds describe-db-clusters --output text --query DBClusters[].Engine".split(" "), simulated.endpoint),
      run("aws", "rds describe-db-clusters --db-cluster-identifier x".split(" "), simulated.endpoint),
    ]);
    expect(found).toMatchObject({ status: 0, stdout: "aurora-postgresql\n" });
    expect(missing.status).toBeGreaterThan(250);
    expect(missing.stderr).toContain("(DBClusterNotFoundFault)");
  });
});

describeWith(["moto_server", "python3"], "boto3 is answered alike", () => {
  const script = fileURLToPath(new URL("read-with-boto3.py", import.meta.url));
  let moto: Emulator;
  beforeAll(async () => {
    moto = await startMoto();
  });
  afterAll(() => moto?.stop());

  async function read(emulator: Emulator): Promise<unknown> {
    const aws = await emulator.open();
    const { rds, destroy } = connect(aws.endpoint);
    try {
      for (let number = 10; number < 33; number += 1)
        await rds.send(
          new CreateDBInstanceCommand({
            DBInstanceIdentifier: `db-${number}`,
            Engine: "postgres",
            DBInstanceClass: "db.t4g.micro",
            AllocatedStorage: 20,
            MasterUsername: "master",
            ...(number === 32 ? { MasterUserPassword: "Throw-Away_Passw0rd.30" } : { ManageMasterUserPassword: true }),
          }),
        );
      aws.settle();
      const { status, stdout, stderr } = await run("python3", [script], aws.endpoint);
      if (status !== 0) throw new Error(`${aws.emulator}: ${stderr}`);
      return JSON.parse(stdout);
    } finally {
      destroy();
      await aws.close();
    }
  }

  test("pages, secrets, keys, and errors", async () => {
    const [here, there] = [await read(createSimulator()), await read(moto)];
    expect(here).toEqual(there);
    expect(here).toMatchObject({
      account,
      instancePages: [20, 3],
      secretPages: [20, 2],
      statuses: ["active"],
      keyStates: ["Enabled"],
      owners: { "db-10": [`arn:aws:rds:${region}:${account}:db:db-10`] },
      errors: [
        ["DBInstanceNotFoundFault", "DBInstanceNotFound"],
        ["DBClusterNotFoundFault", "DBClusterNotFoundFault"],
        ["ResourceNotFoundException", "ResourceNotFoundException"],
        ["NotFoundException", "NotFoundException"],
      ],
    });
  });
});
