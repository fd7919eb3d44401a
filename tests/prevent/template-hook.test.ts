import { describe, expect, test } from "@jest/globals";
import { parsePolicy } from "../../lib/model/policy.ts";
import { type TemplateHookEvent, templateHookEventSchema } from "../../lib/model/template-hook-event.ts";
import { judgeEvent } from "../../lib/prevent/hook/judge-event.ts";
import { rules } from "../../rules/index.ts";
import { now } from "../support/builders.ts";
import { samplesIn } from "../support/samples.ts";
import { checkText } from "./check-text.ts";

const [sample] = samplesIn("lib/model/template-hook-event.ts") as [TemplateHookEvent];
const readPayload = () => Promise.reject(new Error("a resource has no payload"));

/** AWS's documented event with other properties. */
function eventFor(
  resourceProperties: Record<string, unknown>,
  { type = "AWS::RDS::DBInstance", at = "CREATE_PRE_PROVISION" } = {},
) {
  const requestData = { ...sample.requestData, targetName: type, targetModel: { resourceProperties } };
  return templateHookEventSchema.parse({ ...sample, actionInvocationPoint: at, requestData });
}

function answerTo(event: TemplateHookEvent, policy = "{}") {
  const ids = rules.map(({ id }) => id);
  const standard = { policy: parsePolicy(policy, "policy.yaml", ids), rules, now };
  return judgeEvent(event, { region: "eu-west-1", readPayload }, standard);
}

describe("the template hook", () => {
  test("fails the documented event, whose database has a password of its own, without that password", async () => {
    const answer = await answerTo(templateHookEventSchema.parse(sample));
    expect(answer).toEqual({
      hookStatus: "FAILED",
      errorCode: "NonCompliant",
      message: expect.stringContaining("RDS will not manage the master password of DB instance Orders"),
      clientRequestToken: sample.clientRequestToken,
    });
    expect(answer.message).not.toContain("resolved");
  });

  test("answers in the words of check", async () => {
    const [finding] = checkText(
      "Resources: { Orders: { Type: AWS::RDS::DBCluster, Properties: { Engine: aurora-postgresql } } }",
    ).findings;
    const answer = await answerTo(eventFor({ Engine: "aurora-postgresql" }, { type: "AWS::RDS::DBCluster" }));
    expect(answer.message).toBe(
      `[master-password-managed] ${finding?.message} ${finding?.remediation.replace(/ \(line \d+\)/, "")}`,
    );
  });

  test.each([
    ["a managed instance", { Engine: "postgres", ManageMasterUserPassword: true }, "AWS::RDS::DBInstance"],
    ["true as text", { Engine: "postgres", ManageMasterUserPassword: "true" }, "AWS::RDS::DBInstance"],
    ["a member of a cluster", { Engine: "aurora-mysql", DBClusterIdentifier: "orders" }, "AWS::RDS::DBInstance"],
    ["a read replica", { Engine: "postgres", SourceDBInstanceIdentifier: "orders" }, "AWS::RDS::DBInstance"],
    ["a resource that is no database", { BucketName: "orders" }, "AWS::S3::Bucket"],
  ])("passes %s", async (_, properties, type) => {
    expect(await answerTo(eventFor(properties, { type }))).toMatchObject({ hookStatus: "SUCCESS" });
  });

  test("judges an update like a creation, and no deletion", async () => {
    expect((await answerTo(eventFor({ Engine: "mysql" }, { at: "UPDATE_PRE_PROVISION" }))).hookStatus).toBe("FAILED");
    expect((await answerTo(eventFor({ Engine: "mysql" }, { at: "DELETE_PRE_PROVISION" }))).hookStatus).toBe("SUCCESS");
  });

  test("does not say that a password which CloudFormation resolved is written in plain text", async () => {
    const { message } = await answerTo(eventFor({ Engine: "mysql", MasterUserPassword: "hunter2hunter2" }));
    expect(message).toContain("its password comes from the template or a parameter");
    expect(message).not.toMatch(/hunter2|plain text/);
  });

  test("knows the account and the Region, so a key that the policy requires by them is judged", async () => {
    const policy = `keys: [{ match: { account: "${sample.awsAccountId}", region: eu-west-1 }, require: alias/required }]`;
    const managed = { Engine: "mysql", ManageMasterUserPassword: true };
    expect(
      await answerTo(eventFor({ ...managed, MasterUserSecret: { KmsKeyId: "alias/other" } }), policy),
    ).toMatchObject({
      errorCode: "NonCompliant",
    });
    expect(
      (await answerTo(eventFor({ ...managed, MasterUserSecret: { KmsKeyId: "alias/required" } }), policy)).hookStatus,
    ).toBe("SUCCESS");
  });

  test("does not pass what cannot be judged", async () => {
    const KmsKeyId = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    const event = eventFor({ Engine: "mysql", ManageMasterUserPassword: true, MasterUserSecret: { KmsKeyId } });
    expect(await answerTo(event, "keys: [{ require: customer-managed }]")).toMatchObject({
      hookStatus: "FAILED",
      errorCode: "InternalFailure",
      message: expect.stringContaining("is unknown"),
    });
  });

  test("compares the key of the secret with that of the storage", async () => {
    const key = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    const answerFor = (KmsKeyId: string) =>
      answerTo(
        eventFor({ Engine: "mysql", ManageMasterUserPassword: true, MasterUserSecret: { KmsKeyId: key }, KmsKeyId }),
        "keys: [{ differentFromStorage: true }]",
      );
    expect(await answerFor(key)).toMatchObject({
      errorCode: "NonCompliant",
      message: expect.stringContaining("the key of the database's storage; the policy requires another key"),
    });
    expect((await answerFor(key.replace("1234abcd", "9999abcd"))).hookStatus).toBe("SUCCESS");
    expect((await answerFor("alias/storage")).errorCode).toBe("InternalFailure");
  });

  test("knows a master user without a password by the resource, and by the policy", async () => {
    const iam = { Engine: "postgres", DBInstanceIdentifier: "orders", EnableIAMDatabaseAuthentication: true };
    expect((await answerTo(eventFor({ ...iam, MasterUserAuthenticationType: "iam-db-auth" }))).hookStatus).toBe(
      "SUCCESS",
    );
    expect((await answerTo(eventFor(iam))).hookStatus).toBe("FAILED");
    const policy = "support: { iamDbAuth: [{ identifier: orders }] }";
    expect((await answerTo(eventFor(iam), policy)).hookStatus).toBe("SUCCESS");
  });

  test("passes an exempt database until its exemption ends", async () => {
    const policy = (until: string) =>
      `exemptions: [{ match: { identifier: orders }, owner: team, reason: legacy, until: ${until} }]`;
    const event = eventFor({ Engine: "mysql", DBInstanceIdentifier: "orders" });
    expect((await answerTo(event, policy("2099-01-01"))).hookStatus).toBe("SUCCESS");
    expect((await answerTo(event, policy("2001-01-01"))).hookStatus).toBe("FAILED");
  });
});
