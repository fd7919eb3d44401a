import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { messageSchema } from "../../../lib/model/message.ts";
import { reportSchema } from "../../../lib/model/report.ts";
import { type Packaged, readPackaged } from "../../deployment/packaged.ts";
import { type UnpackedFunction, unpackFunction } from "../../support/invoke-packaged.ts";
import { account, type Emulator, region, startMoto } from "../emulators.ts";
import { type AwsShell, run, startAwsShell } from "./programs.ts";
import { describeWith } from "./when-installed.ts";

const bucket = "reports-bucket";
const topicArn = (name: string) => `arn:aws:sns:${region}:${account}:${name}`;
const queueUrl = (endpoint: string, name: string) => `${endpoint}/${account}/${name}`;

describeWith(["moto_server", "aws", "python3"], "the packaged audit on moto", () => {
  let emulator: Emulator;
  let endpoint: string;
  let shell: AwsShell;
  let packaged: Packaged;
  let audit: UnpackedFunction;

  beforeAll(async () => {
    packaged = await readPackaged();
    audit = unpackFunction(packaged, "audit");
    emulator = await startMoto();
    ({ endpoint } = await emulator.open());
    shell = startAwsShell(endpoint);
    await shell.aws(
      "s3api",
      "create-bucket",
      "--bucket",
      bucket,
      "--create-bucket-configuration",
      `LocationConstraint=${region}`,
    );
    for (const name of ["findings", "alerts"]) await shell.aws("sns", "create-topic", "--name", name);
    await subscribe("all", "findings");
    await subscribe("critical", "findings", { severity: ["critical"] });
    await subscribe("people", "alerts");
    for (const [name, password] of [
      ["legacy", ["--master-user-password", "not-a-secret-1"]],
      ["orders", ["--manage-master-user-password"]],
    ] as const)
      await shell.aws(
        ...["rds", "create-db-instance", "--db-instance-identifier", name, "--engine", "postgres"],
        ...[
          "--db-instance-class",
          "db.m6g.large",
          "--allocated-storage",
          "20",
          "--master-username",
          "master",
          ...password,
        ],
      );
  }, 180_000);

  afterAll(async () => {
    await shell?.close();
    await emulator?.stop();
    audit?.stop();
    if (audit) rmSync(audit.folder, { recursive: true, force: true });
  });

  /** Version 1 of the AWS CLI ignores AWS_ENDPOINT_URL for SQS. */
  const sqs = <Answer>(...args: string[]) => shell.aws<Answer>("sqs", ...args, "--endpoint-url", endpoint);

  /** Creates a queue that subscribes to a topic. */
  async function subscribe(queue: string, topic: string, filter?: Record<string, readonly string[]>): Promise<void> {
    await sqs("create-queue", "--queue-name", queue);
    await shell.aws(
      ...["sns", "subscribe", "--topic-arn", topicArn(topic), "--protocol", "sqs"],
      ...["--notification-endpoint", `arn:aws:sqs:${region}:${account}:${queue}`, "--attributes"],
      JSON.stringify({ RawMessageDelivery: "true", ...(filter && { FilterPolicy: JSON.stringify(filter) }) }),
    );
  }

  /** Receives a queue's messages, each once. */
  async function drain(queue: string): Promise<string[]> {
    const bodies: string[] = [];
    for (;;) {
      const url = queueUrl(endpoint, queue);
      const answer = await sqs<{ Messages?: { Body: string; ReceiptHandle: string }[] } | null>(
        "receive-message",
        "--queue-url",
        url,
        "--max-number-of-messages",
        "10",
      );
      if (!answer?.Messages?.length) return bodies;
      for (const { Body, ReceiptHandle } of answer.Messages) {
        bodies.push(Body);
        await sqs("delete-message", "--queue-url", url, "--receipt-handle", ReceiptHandle);
      }
    }
  }

  const invoke = (id: string) =>
    audit.invoke(
      { id },
      {
        account,
        region,
        references: {
          "AWS::Region": region,
          ReportBucket: bucket,
          FindingsTopic: topicArn("findings"),
          AlertsTopic: topicArn("alerts"),
        },
        env: { AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: account },
      },
    );

  const inShort = (body: string) => {
    const message = messageSchema.parse(JSON.parse(body));
    return "finding" in message ? `${message.type} ${message.finding.id.replace(/arn.*:/, "")}` : message.type;
  };

  test("audits, stores, and publishes; the queue receives exactly the new findings and the digest", async () => {
    const { error, answer } = await invoke("one");
    expect(error).toBeNull();
    // moto's managed secrets do not rotate.
    expect(answer).toEqual({ changes: 2, clean: false });
    expect((await drain("all")).map(inShort).sort()).toEqual([
      "audit.completed",
      "finding.opened master-password-managed/legacy",
      "finding.opened rotation-enabled/orders",
    ]);
    expect(await drain("critical")).toEqual([]);
    const alerts = (await drain("people")).map((body) => JSON.parse(body));
    expect(alerts.map(({ version, source }) => [version, source])).toEqual([["1.0", "custom"]]);
    expect(alerts[0].content.title).toContain("legacy");
  });

  test("publishes only the digest if nothing changed", async () => {
    expect((await invoke("two")).answer).toEqual({ changes: 0, clean: false });
    expect((await drain("all")).map(inShort)).toEqual(["audit.completed"]);
    expect(await drain("people")).toEqual([]);
  });

  test("the report is in the bucket as JSON and as a page", async () => {
    const read = async (key: string) => (await run("aws", ["s3", "cp", `s3://${bucket}/${key}`, "-"], endpoint)).stdout;
    expect(reportSchema.parse(JSON.parse(await read("latest.json"))).summary.databases).toBe(2);
    expect(await read("latest.html")).toMatch(/^<!doctype html>/);
  });
});
