import { ConfigServiceClient, PutEvaluationsCommand } from "@aws-sdk/client-config-service";
import { CreateBucketCommand, GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { GetFindingsCommand, SecurityHubClient } from "@aws-sdk/client-securityhub";
import { CreateTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { assembleReport } from "../../../lib/audit/assemble-report.ts";
import { createConfig } from "../../../lib/aws/config-service.ts";
import { createStore } from "../../../lib/aws/create-store.ts";
import { importFindings } from "../../../lib/aws/import-findings.ts";
import { openBucket } from "../../../lib/aws/open-bucket.ts";
import { publishMessages } from "../../../lib/aws/publish-messages.ts";
import { emptyLedger, type Ledger } from "../../../lib/model/ledger.ts";
import { emptyRemediationState } from "../../../lib/model/remediation-state.ts";
import { toAsff } from "../../../lib/report/aws/asff.ts";
import { toFindingMessage } from "../../../lib/report/topics/finding-message.ts";
import { remediationStateFile } from "../../../lib/storage/stored-file.ts";
import { rules } from "../../../rules/index.ts";
import { aFinding, assortedChanges, filterPolicies } from "../../aws/sample-findings.ts";
import { anInventory, aPolicy } from "../../support/builders.ts";
import { account, createSimulator, type Emulator, type OpenAws, region, startMoto } from "../emulators.ts";
import { describeWith } from "./when-installed.ts";

const bucket = "reports-bucket";
const productArn = `arn:aws:securityhub:${region}:${account}:product/${account}/default`;

describeWith(["moto_server"], "what the service writes to", () => {
  describe.each(["simulator", "moto"] as const)("on %s", (name) => {
    let emulator: Emulator;
    let aws: OpenAws;
    beforeAll(async () => {
      emulator = name === "moto" ? await startMoto() : createSimulator();
    });
    afterAll(() => emulator?.stop());
    beforeEach(async () => {
      aws = await emulator.open();
      aws.cloud?.region(account, region).enableSecurityHub();
    });
    afterEach(() => aws.close());

    const settings = () => ({
      endpoint: aws.endpoint,
      region,
      credentials: { accessKeyId: account, secretAccessKey: "not-verified" },
      maxAttempts: 1,
    });

    describe("S3", () => {
      const open = () => createStore({ ...settings(), bucket, account, toPage: () => "<!doctype html>" });
      const connect = () => new S3Client({ ...settings(), forcePathStyle: true });
      const having = (event: string): Ledger => ({ ...emptyLedger, handledEvents: [event] });
      beforeEach(async () => {
        await connect().send(
          new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: region } }),
        );
      });

      test("a write of the ledger succeeds only after reading its latest version", async () => {
        const [one, other] = [open(), open()];
        expect(await one.ledger.read()).toEqual({ value: emptyLedger, version: null });
        expect(await one.ledger.write(having("1"), null)).toBe(true);
        expect(await other.ledger.write(having("2"), null)).toBe(false);
        const { value, version } = await other.ledger.read();
        expect(value).toEqual(having("1"));
        expect(await other.ledger.write(having("2"), version)).toBe(true);
        expect(await one.ledger.write(having("3"), version)).toBe(false);
        expect((await one.ledger.read()).value).toEqual(having("2"));
      });

      test("a write of the remediation state succeeds only after reading its latest version", async () => {
        const openState = () => openBucket({ ...settings(), bucket }).stored(remediationStateFile);
        const [one, other] = [openState(), openState()];
        expect(await one.read()).toEqual({ value: emptyRemediationState, version: null });
        expect(await one.write({ ...emptyRemediationState, failuresInARow: 1 }, null)).toBe(true);
        expect(await other.write({ ...emptyRemediationState, failuresInARow: 2 }, null)).toBe(false);
        const { value, version } = await other.read();
        expect(value.failuresInARow).toBe(1);
        expect(await other.write({ ...value, failuresInARow: 2 }, version)).toBe(true);
        expect(await one.write({ ...value, failuresInARow: 3 }, version)).toBe(false);
        expect((await one.read()).value.failuresInARow).toBe(2);
      });

      test("a deleted ledger is not overwritten", async () => {
        expect(await open().ledger.write(having("1"), '"0123456789abcdef0123456789abcdef"')).toBe(false);
      });

      test("a missing bucket is an error, not an empty ledger", async () => {
        const lost = createStore({ ...settings(), bucket: "no-such-bucket", account, toPage: () => "" });
        await expect(lost.ledger.read()).rejects.toMatchObject({ code: "NoSuchBucket" });
      });

      test("reports are stored side by side, and latest.json is the later one", async () => {
        const at = (minute: number) => {
          const generatedAt = `2026-11-24T12:0${minute}:00.000Z`;
          return assembleReport(anInventory(), { policy: aPolicy(), rules, generatedAt, version: "0.0.0" });
        };
        for (const minute of [1, 2, 0, 2]) await open().writeReport(at(minute));
        const read = async (Key: string) => {
          const answer = await connect().send(new GetObjectCommand({ Bucket: bucket, Key }));
          return { type: answer.ContentType, report: JSON.parse((await answer.Body?.transformToString()) ?? "") };
        };
        expect(await read("latest.json")).toEqual({ type: "application/json", report: at(2) });
        for (const [minute, serial] of [
          [0, 1],
          [1, 1],
          [2, 1],
          [2, 2],
        ])
          expect(await read(`reports/2026/11/24/2026-11-24T12-0${minute}-00.000Z-${serial}.json`)).toEqual({
            type: "application/json",
            report: at(minute ?? 0),
          });
      });
    });

    describe("SNS", () => {
      const createTopic = async () => {
        const { TopicArn = "" } = await new SNSClient(settings()).send(new CreateTopicCommand({ Name: "findings" }));
        return TopicArn;
      };
      const messages = assortedChanges.map((change, index) => ({ id: `${index}`, ...toFindingMessage(change) }));

      test("publishes more messages than fit in one call", async () => {
        const many = Array.from({ length: 25 }, (_, index) => ({
          id: `id/${index}`,
          body: `${index}`,
          attributes: {},
        }));
        expect(await publishMessages(await createTopic(), many, settings())).toEqual([]);
      });

      test("a topic that does not exist is an error", async () => {
        const missing = publishMessages(`${await createTopic()}-x`, messages, settings());
        await expect(missing).rejects.toMatchObject({ action: "sns:Publish", code: "NotFoundException" });
      });

      // The simulator keeps messages in their topics and delivers none.
      if (name === "simulator") return;
      test.each(filterPolicies)("a queue with a filter policy receives $passes", async ({ policy, passes }) => {
        const TopicArn = await createTopic();
        const { QueueUrl } = await askSqs(aws.endpoint, "CreateQueue", { QueueName: "q" });
        await new SNSClient(settings()).send(
          new SubscribeCommand({
            TopicArn,
            Protocol: "sqs",
            Endpoint: `arn:aws:sqs:${region}:${account}:q`,
            Attributes: { RawMessageDelivery: "true", FilterPolicy: JSON.stringify(policy) },
          }),
        );
        expect(await publishMessages(TopicArn, messages, settings())).toEqual([]);
        const { Messages = [] } = await askSqs(aws.endpoint, "ReceiveMessage", { QueueUrl, MaxNumberOfMessages: 10 });
        const bodies = (Messages as { Body: string }[]).map(({ Body }) => Body);
        expect(bodies.map((body) => JSON.parse(body).finding.resource.identifier).sort()).toEqual(passes);
        for (const body of bodies) expect(messages.map((message) => message.body)).toContain(body);
      });
    });

    describe("Security Hub", () => {
      const toImport = (identifier: string) =>
        toAsff(aFinding(identifier, { account }), { state: "active", at: "2026-11-24T09:00:00.000Z", productArn });
      const bring = (findings: ReturnType<typeof toImport>[]) => importFindings(findings, { ...settings(), account });

      test("imports more findings than fit in one call", async () => {
        const findings = Array.from({ length: 101 }, (_, index) => toImport(`orders-${index}`));
        expect(await bring(findings)).toEqual([]);
        if (name === "simulator") return;
        const hub = new SecurityHubClient(settings());
        const { Findings = [] } = await hub.send(new GetFindingsCommand({ MaxResults: 100 }));
        expect(Findings).toHaveLength(100);
        expect(findings).toContainEqual(Findings[0]);
      });

      test("returns a finding without a resource and imports the others", async () => {
        const wrong = { ...toImport("wrong"), Resources: [] };
        expect(await bring([wrong, toImport("right")])).toEqual([
          { id: wrong.Id, reason: expect.stringMatching(/^InvalidInput: /) },
        ]);
      });
    });

    describe("AWS Config", () => {
      const evaluations = Array.from({ length: 101 }, (_, index) => ({
        ComplianceResourceType: "AWS::RDS::DBInstance",
        ComplianceResourceId: `db-${index}`,
        ComplianceType: "COMPLIANT" as const,
        OrderingTimestamp: new Date("2026-11-24T09:00:00Z"),
      }));

      test("accepts a test of more evaluations than fit in one call", async () => {
        await createConfig(settings()).putEvaluations(evaluations, "any", true);
      });

      test("AWS rejects an empty list of evaluations, and the client never sends one", async () => {
        const config = new ConfigServiceClient(settings());
        const none = config.send(new PutEvaluationsCommand({ Evaluations: [], ResultToken: "any", TestMode: true }));
        await expect(none).rejects.toMatchObject({ name: "InvalidParameterValueException" });
        await createConfig(settings()).putEvaluations([], "any");
      });

      // moto supports only test mode.
      if (name === "moto") return;
      test("rejects an invalid token", async () => {
        await expect(createConfig(settings()).putEvaluations(evaluations, "any")).rejects.toMatchObject({
          code: "InvalidResultTokenException",
        });
      });
    });
  });
});

/** Calls SQS without its client, which the project does not need otherwise. */
async function askSqs(endpoint: string, operation: string, body: object): Promise<Record<string, unknown>> {
  const answer = await fetch(endpoint, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": `AmazonSQS.${operation}`,
      authorization: `AWS4-HMAC-SHA256 Credential=${account}/20261124/${region}/sqs/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${operation}: ${await answer.text()}`);
  return (await answer.json()) as Record<string, unknown>;
}
