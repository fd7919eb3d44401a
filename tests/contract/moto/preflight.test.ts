import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import { CreateDBInstanceCommand } from "@aws-sdk/client-rds";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createAccount } from "../../../lib/aws/create-account.ts";
import { createPrerequisites } from "../../../lib/aws/read-prerequisites.ts";
import { createSimulation } from "../../../lib/aws/simulate-permissions.ts";
import type { ActionName } from "../../../lib/model/action.ts";
import type { Preflight } from "../../../lib/model/preflight.ts";
import { listPermissionNeeds } from "../../../lib/preflight/permission-needs.ts";
import { runPreflight } from "../../../lib/preflight/run-preflight.ts";
import { rules } from "../../../rules/index.ts";
import { connect, type Emulator, region, startMoto } from "../emulators.ts";
import { describeWith } from "./when-installed.ts";

/** What moto does not have. `iam:SimulatePrincipalPolicy` is missing too, so that changes cannot be told. */
const notInMoto = ["account:ListRegions", "kms:ListGrants", "rds:DescribeTenantDatabases"];

const rdsReads = [
  "rds:DescribeBlueGreenDeployments",
  "rds:DescribeDBClusters",
  "rds:DescribeDBInstances",
  "rds:DescribeEvents",
  "rds:DescribeGlobalClusters",
];

/** moto answers a denial of these services in XML, which the SDK cannot read. */
const jsonReads = [
  "kms:DescribeKey",
  "secretsmanager:DescribeSecret",
  "secretsmanager:GetResourcePolicy",
  "secretsmanager:ListSecrets",
];

type Credentials = { readonly accessKeyId: string; readonly secretAccessKey: string };

describeWith(["moto_server"], "preflight on moto, which enforces IAM policies", () => {
  let emulator: Emulator;
  let endpoint: string;
  let admin: IAMClient;
  let auditor: Credentials;

  beforeAll(async () => {
    emulator = await startMoto();
    ({ endpoint } = await emulator.open());
    const aws = connect(endpoint);
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
    aws.destroy();
    const open = new IAMClient({
      endpoint,
      region,
      credentials: { accessKeyId: "any", secretAccessKey: "any" },
      maxAttempts: 1,
    });
    const administrator = await addUser(open, "administrator");
    auditor = await addUser(open, "auditor");
    open.destroy();
    admin = new IAMClient({ endpoint, region, credentials: administrator, maxAttempts: 1 });
    // From here on moto checks signatures and policies.
    await fetch(`${endpoint}/moto-api/reset-auth`, { method: "POST", body: "0" });
  });
  afterAll(async () => {
    admin?.destroy();
    await emulator?.stop();
  });

  async function preflight(repairs: readonly ActionName[] = [], credentials = auditor): Promise<Preflight> {
    const options = { endpoint, credentials, maxAttempts: 1 };
    return runPreflight(
      [
        {
          account: createAccount({ name: "auditor", ...options }),
          openSimulation: async () => createSimulation({ ...options, region }),
          openPrerequisites: async () => createPrerequisites({ ...options, region }),
        },
      ],
      { regions: [region], needs: listPermissionNeeds(rules, repairs), requiredKeys: [], forDeployment: null },
      "2026-11-24T09:00:00.000Z",
    );
  }

  const denyOnly = (action: string) =>
    admin.send(new PutUserPolicyCommand({ UserName: "auditor", PolicyName: "all", PolicyDocument: allBut(action) }));
  const actionsThat = ({ permissions }: Preflight, status: string) =>
    permissions.filter((one) => one.status === status).map(({ action }) => action);

  test("everything is allowed: nothing is missing, and what moto does not have cannot be told", async () => {
    const result = await preflight();
    expect(actionsThat(result, "lack")).toEqual([]);
    expect(actionsThat(result, "unknown")).toEqual(notInMoto);
  });

  test.each(rdsReads)("%s is denied by the user's policy: exactly this one is missing", async (action) => {
    await denyOnly(action);
    try {
      const result = await preflight();
      expect(actionsThat(result, "lack")).toEqual([action]);
      expect(result.policyToAdd?.Statement.flatMap(({ Action }) => Action)).toEqual([action]);
    } finally {
      await denyOnly("none:None");
    }
  });

  test.each(jsonReads)("%s is denied in a way that cannot be read: it cannot be told", async (action) => {
    await denyOnly(action);
    try {
      const result = await preflight();
      const denied = result.permissions.find((one) => one.action === action);
      expect(denied).toMatchObject({ status: "unknown", reason: expect.stringMatching(/Unreadable|AccessDenied/) });
      expect(actionsThat(result, "lack")).toEqual([]);
    } finally {
      await denyOnly("none:None");
    }
  });

  test("without a simulator nothing that changes is called allowed", async () => {
    const changes = (await preflight(["rotate"])).permissions.filter(({ action }) => action.startsWith("rds:Modify"));
    expect(changes.map(({ status }) => status)).toEqual(["unknown", "unknown", "unknown"]);
  });

  test("a wrong secret access key is no access at all", async () => {
    await expect(preflight([], { ...auditor, secretAccessKey: "wrong" })).rejects.toThrow(/refuses the credentials/);
  });
});

async function addUser(iam: IAMClient, UserName: string): Promise<Credentials> {
  await iam.send(new CreateUserCommand({ UserName }));
  await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: "all", PolicyDocument: allBut("none:None") }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  return { accessKeyId: AccessKey?.AccessKeyId ?? "", secretAccessKey: AccessKey?.SecretAccessKey ?? "" };
}

/** A policy that allows every action but one. */
function allBut(action: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: "*", Resource: "*" },
      { Effect: "Deny", Action: action, Resource: "*" },
    ],
  });
}
