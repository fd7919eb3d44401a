import { ListRegionsCommand, TooManyRequestsException } from "@aws-sdk/client-account";
import { DescribeKeyCommand } from "@aws-sdk/client-kms";
import {
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  ModifyDBInstanceCommand,
  paginateDescribeDBInstances,
  RDSClient,
} from "@aws-sdk/client-rds";
import { ListSecretsCommand } from "@aws-sdk/client-secrets-manager";
import { AssumeRoleCommand, GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { FaultOptions } from "../../simulator/faults.ts";
import { type Aws, account, failure, otherAccount, startAws } from "./aws.ts";

let aws: Aws;
beforeEach(async () => {
  aws = await startAws();
});
afterEach(() => aws.stop());

const describeClusters = () => aws.rds.send(new DescribeDBClustersCommand({}));
const listSecrets = () => aws.secrets.send(new ListSecretsCommand({}));
const describeKey = (KeyId = "alias/aws/secretsmanager") => aws.kms.send(new DescribeKeyCommand({ KeyId }));

describe("each kind, in each protocol", () => {
  test.each<[FaultOptions["kind"], string, string, string, string]>([
    [
      "deny",
      "AccessDenied: User: arn:aws:sts::111111111111:assumed-role/Simulated/session is not authorized to perform: rds:DescribeDBClusters because no identity-based policy allows the rds:DescribeDBClusters action",
      "AccessDeniedException: User: arn:aws:sts::111111111111:assumed-role/Simulated/session is not authorized to perform: secretsmanager:ListSecrets because",
      "AccessDeniedException: User: arn:aws:sts::111111111111:assumed-role/Simulated/session is not authorized to perform: kms:DescribeKey because",
      "AccessDeniedException: User: ",
    ],
    [
      "throttle",
      "Throttling: Rate exceeded",
      "ThrottlingException: Rate exceeded",
      "ThrottlingException: Rate exceeded",
      "TooManyRequestsException: Rate exceeded",
    ],
    [
      "expired-token",
      "ExpiredToken: The security token included in the request is expired",
      "ExpiredTokenException: The security token",
      "ExpiredTokenException: The security token",
      "ExpiredTokenException: The security token",
    ],
    ["error", "InternalFailure: ", "InternalFailure: ", "InternalFailure: ", "InternalFailure: "],
  ])("%s", async (kind, ofRds, ofSecrets, ofKms, ofAccount) => {
    aws.cloud.fault({ action: "*", kind });
    expect(await failure(describeClusters())).toContain(ofRds);
    expect(await failure(listSecrets())).toContain(ofSecrets);
    expect(await failure(describeKey())).toContain(ofKms);
    expect(await failure(aws.account.send(new ListRegionsCommand({})))).toContain(ofAccount);
  });

  test("error with a given code, message, and status", async () => {
    aws.cloud.fault({ action: "rds:*", kind: "error", code: "ServiceUnavailable", message: "Later", status: 503 });
    const error = await describeClusters().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "ServiceUnavailable", message: "Later", $metadata: { httpStatusCode: 503 } });
  });

  test("throttling in Account Management has its own class", async () => {
    aws.cloud.fault({ action: "account:ListRegions", kind: "throttle" });
    await expect(aws.account.send(new ListRegionsCommand({}))).rejects.toThrow(TooManyRequestsException);
  });

  test("disconnect closes the connection", async () => {
    aws.cloud.fault({ action: "rds:*", kind: "disconnect" });
    expect(await failure(describeClusters())).toMatch(/socket hang up|ECONNRESET/);
  });

  test("hang sends no response, and close does not wait for it", async () => {
    aws.cloud.fault({ action: "rds:*", kind: "hang" });
    const call = failure(describeClusters());
    while (aws.simulator.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await aws.simulator.close();
    expect(await call).toMatch(/socket hang up|ECONNRESET/);
  });
});

describe("a fault hits", () => {
  test("only one account and Region", async () => {
    aws.cloud.fault({ action: "rds:DescribeDBClusters", account, region: "eu-west-1", kind: "deny" });
    aws.cloud.region(otherAccount, "eu-west-1");
    expect(await failure(describeClusters())).toMatch(/^AccessDenied/);
    await aws.connect(account, "us-east-1").rds.send(new DescribeDBClustersCommand({}));
    await aws.connect(otherAccount).rds.send(new DescribeDBClustersCommand({}));
    await aws.rds.send(new DescribeDBInstancesCommand({}));
  });

  test("the second page", async () => {
    for (let index = 0; index < 150; index += 1) aws.region.addInstance({ identifier: `db-${index}` });
    aws.cloud.fault({ action: "rds:DescribeDBInstances", kind: "deny", skip: 1 });
    const pages = paginateDescribeDBInstances({ client: aws.rds }, {});
    expect((await pages.next()).value).toMatchObject({ Marker: expect.any(String) });
    expect(await failure(pages.next())).toMatch(/^AccessDenied/);
  });

  test("two calls, and the SDK's retries succeed", async () => {
    aws.cloud.fault({ action: "rds:DescribeDBClusters", kind: "throttle", times: 2 });
    const patient = new RDSClient({ ...aws.configuration(account, "eu-west-1"), maxAttempts: 3 });
    await patient.send(new DescribeDBClustersCommand({}));
    patient.destroy();
    expect(aws.simulator.calls).toEqual(
      Array.from({ length: 3 }, () => ({ account, region: "eu-west-1", action: "rds:DescribeDBClusters" })),
    );
  });

  test("calls that contain a text", async () => {
    const secret = aws.region.addKey({ alias: "alias/hidden" });
    aws.cloud.fault({ action: "kms:DescribeKey", matching: secret.KeyId, kind: "deny" });
    expect(await failure(describeKey(secret.Arn))).toMatch(/^AccessDeniedException/);
    await describeKey();
    aws.cloud.account(otherAccount);
    aws.cloud.fault({ action: "sts:AssumeRole", matching: otherAccount, kind: "deny" });
    const assume = (id: string) =>
      aws.sts.send(new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${id}:role/Audit`, RoleSessionName: "x" }));
    expect(await failure(assume(otherAccount))).toMatch(/^AccessDenied/);
    await assume(account);
  });

  test("nothing after it is removed", async () => {
    const allow = aws.cloud.fault({ action: "rds:*", kind: "deny" });
    expect(await failure(describeClusters())).toMatch(/^AccessDenied/);
    allow();
    await describeClusters();
  });
});

describe("a call whose response is lost", () => {
  test("takes effect if the fault says so", async () => {
    const orders = aws.region.addInstance({ identifier: "orders" });
    aws.cloud.fault({ action: "rds:ModifyDBInstance", kind: "disconnect", takesEffect: true, times: 1 });
    const turnOn = () =>
      aws.rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: "orders", ManageMasterUserPassword: true }));
    expect(await failure(turnOn())).toMatch(/socket hang up|ECONNRESET/);
    expect(orders.MasterUserSecret?.SecretStatus).toBe("rotating");
  });

  test("has no effect otherwise", async () => {
    const orders = aws.region.addInstance({ identifier: "orders" });
    aws.cloud.fault({ action: "rds:ModifyDBInstance", kind: "error" });
    await failure(
      aws.rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: "orders", ManageMasterUserPassword: true })),
    );
    expect(orders.MasterUserSecret).toBeUndefined();
  });
});

describe("rejects", () => {
  test("an unknown account", async () => {
    const stranger = aws.connect("999999999999");
    expect(await failure(stranger.rds.send(new DescribeDBClustersCommand({})))).toBe(
      "InvalidClientTokenId: The security token included in the request is invalid.",
    );
    expect(await failure(stranger.secrets.send(new ListSecretsCommand({})))).toBe(
      "UnrecognizedClientException: The security token included in the request is invalid.",
    );
    expect(await failure(stranger.sts.send(new GetCallerIdentityCommand({})))).toMatch(/^InvalidClientTokenId/);
  });

  test("an unsigned request", async () => {
    const answer = await fetch(aws.simulator.endpoint, { method: "POST", body: "Action=DescribeDBInstances" });
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain("<Code>MissingAuthenticationToken</Code>");
    const headers = { "x-amz-target": "secretsmanager.ListSecrets" };
    const json = await fetch(aws.simulator.endpoint, { method: "POST", body: "{}", headers });
    expect([json.status, await json.json()]).toMatchObject([400, { __type: "MissingAuthenticationTokenException" }]);
  });

  test("an unknown service, by name", async () => {
    const authorization = `AWS4-HMAC-SHA256 Credential=${account}/20261124/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0`;
    const headers = { authorization, "x-amz-target": "DynamoDB_20120810.ListTables" };
    const answer = await fetch(aws.simulator.endpoint, { method: "POST", body: "{}", headers });
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { __type: "UnknownOperationException", message: expect.stringContaining("dynamodb:ListTables") },
    ]);
    expect(aws.simulator.calls).toEqual([{ account, region: "eu-west-1", action: "dynamodb:ListTables" }]);
  });
});
