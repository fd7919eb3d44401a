import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { memberEventRules } from "../../../deploy/event-rules.ts";
import { readCloudFormation } from "../../support/read-cloudformation.ts";
import { samplesIn } from "../../support/samples.ts";
import { account as auditAccount, type Emulator, region, startMoto } from "../emulators.ts";
import { type AwsShell, startAwsShell } from "./programs.ts";
import { describeWith } from "./when-installed.ts";

const member = "222222222222";
const organizationId = "o-a1b2c3d4e5";
const busName = "rds-password-audit-prod-members";
const busArn = `arn:aws:events:${region}:${auditAccount}:event-bus/${busName}`;
const queueArn = `arn:aws:sqs:${region}:${auditAccount}:recheck`;
const stack = ["--stack-name", "rds-password-audit-member-events"] as const;

type Rule = { readonly Type: string; readonly Properties: { readonly EventPattern: object } };
type EventBus = { readonly Policy: string };
type Listed = { readonly Rules: readonly { readonly Name: string }[] };
type Targets = { readonly Targets: readonly { readonly Arn: string; readonly RoleArn: string }[] };
type Received = { readonly Messages?: readonly { readonly Body: string; readonly ReceiptHandle: string }[] } | null;

/** moto delivers to queues and to buses, not to functions: a queue receives what starts rechecks. */
describeWith(["moto_server", "aws", "python3"], "events of a member account on moto", () => {
  let emulator: Emulator;
  let endpoint: string;
  let inAudit: AwsShell;
  let inMember: AwsShell;

  beforeAll(async () => {
    emulator = await startMoto();
    ({ endpoint } = await emulator.open());
    inAudit = startAwsShell(endpoint);
    const { Credentials } = await inAudit.aws<{ Credentials: Record<string, string> }>(
      ...["sts", "assume-role", "--role-arn", `arn:aws:iam::${member}:role/admin`, "--role-session-name", "deployer"],
    );
    inMember = startAwsShell(endpoint, {
      AWS_ACCESS_KEY_ID: Credentials.AccessKeyId,
      AWS_SECRET_ACCESS_KEY: Credentials.SecretAccessKey,
      AWS_SESSION_TOKEN: Credentials.SessionToken,
    });
    await inAudit.aws("events", "create-event-bus", "--name", busName);
    await inAudit.aws("sqs", "create-queue", "--queue-name", "recheck", "--endpoint-url", endpoint);
    const rules = Object.entries(memberEventRules().Resources as Record<string, Rule>);
    for (const [name, { Type, Properties }] of rules) {
      if (Type !== "AWS::Events::Rule") continue;
      const of = ["--event-bus-name", busName];
      await inAudit.aws(
        ...["events", "put-rule", "--name", name, ...of, "--event-pattern", JSON.stringify(Properties.EventPattern)],
      );
      await inAudit.aws("events", "put-targets", "--rule", name, ...of, "--targets", `Id=recheck,Arn=${queueArn}`);
    }
    for (const shell of [inMember, inAudit])
      await shell.aws(
        ...["cloudformation", "create-stack", ...stack, "--capabilities", "CAPABILITY_IAM"],
        ...["--template-body", readFileSync("deploy/member-events.yaml", "utf8")],
        ...["--parameters", `ParameterKey=EventBusArn,ParameterValue=${busArn}`],
      );
  }, 180_000);

  afterAll(async () => {
    await inAudit?.close();
    await inMember?.close();
    await emulator?.stop();
  });

  /** Receives the events that start rechecks, each once. */
  async function received(): Promise<{ readonly "detail-type": string; readonly detail: unknown }[]> {
    const url = ["--queue-url", `${endpoint}/${auditAccount}/recheck`, "--endpoint-url", endpoint];
    const events: { "detail-type": string; detail: unknown }[] = [];
    for (;;) {
      const answer = await inAudit.aws<Received>("sqs", "receive-message", ...url, "--max-number-of-messages", "10");
      if (!answer?.Messages?.length) return events;
      for (const { Body, ReceiptHandle } of answer.Messages) {
        events.push(JSON.parse(Body));
        await inAudit.aws("sqs", "delete-message", ...url, "--receipt-handle", ReceiptHandle);
      }
    }
  }

  const put = (event: { source: string; "detail-type": string; detail: unknown; resources?: readonly string[] }) =>
    inMember.aws(
      "events",
      "put-events",
      "--entries",
      JSON.stringify([
        {
          ...{ Source: event.source, DetailType: event["detail-type"], Detail: JSON.stringify(event.detail) },
          ...(event.resources && { Resources: event.resources }),
        },
      ]),
    );

  test("the bus has a policy for the organization alone", async () => {
    const { StatementId: Sid, Statement } =
      readCloudFormation("deploy/member-bus.yml").Resources.MemberBusPolicy.Properties;
    const condition = { StringEquals: { "aws:PrincipalOrgID": organizationId } };
    const statement = { Sid, ...Statement, Resource: busArn, Condition: condition };
    expect(Object.keys(Statement.Condition.StringEquals)).toEqual(["aws:PrincipalOrgID"]);
    await inAudit.aws(
      ...["events", "put-permission", "--event-bus-name", busName, "--policy"],
      JSON.stringify({ Version: "2012-10-17", Statement: [statement] }),
    );
    const { Policy } = await inAudit.aws<EventBus>("events", "describe-event-bus", "--name", busName);
    // moto has its own form of the principal.
    expect(JSON.parse(Policy).Statement).toEqual([
      expect.objectContaining({ ...statement, Principal: expect.anything() }),
    ]);
  });

  test("CloudFormation creates the rules in the member account, each with the role, and none beside the bus", async () => {
    const { Rules } = await inMember.aws<Listed>("events", "list-rules");
    expect(Rules).toHaveLength(7);
    for (const { Name } of Rules) {
      const { Targets } = await inMember.aws<Targets>("events", "list-targets-by-rule", "--rule", Name);
      expect(Targets).toEqual([
        expect.objectContaining({ Arn: busArn, RoleArn: expect.stringMatching(`^arn:aws:iam::${member}:role/`) }),
      ]);
    }
    expect((await inAudit.aws<Listed>("events", "list-rules")).Rules).toEqual([]);
  });

  test("every event that recheck takes arrives once, and no other", async () => {
    const samples = samplesIn("lib/model/recheck-event.ts") as Parameters<typeof put>[0][];
    for (const sample of samples) await put(sample);
    await put({ source: "aws.rds", "detail-type": "RDS DB Instance Event", detail: { EventID: "RDS-EVENT-0087" } });
    await put({ source: "aws.kms", "detail-type": "AWS API Call via CloudTrail", detail: { eventName: "Decrypt" } });
    const inShort = ({ "detail-type": type, detail }: { "detail-type": string; detail: unknown }) =>
      `${type} ${JSON.stringify(detail)}`;
    expect((await received()).map(inShort).sort()).toEqual(samples.map(inShort).sort());
  });
});
