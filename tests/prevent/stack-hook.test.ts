import { describe, expect, test } from "@jest/globals";
import { parsePolicy } from "../../lib/model/policy.ts";
import { type TemplateHookEvent, templateHookEventSchema } from "../../lib/model/template-hook-event.ts";
import { judgeEvent } from "../../lib/prevent/hook/judge-event.ts";
import { rules } from "../../rules/index.ts";
import { now } from "../support/builders.ts";
import { samplesIn } from "../support/samples.ts";
import { checkText } from "./check-text.ts";

const [, stack, changeSet] = samplesIn("lib/model/template-hook-event.ts") as [
  TemplateHookEvent,
  TemplateHookEvent,
  TemplateHookEvent,
];

/** Judges an event whose payload is this text. */
function answerTo(event: TemplateHookEvent, payload: string, policy = "{}") {
  const ids = rules.map(({ id }) => id);
  const read: string[] = [];
  const readPayload = async (url: string) => {
    read.push(url);
    return payload;
  };
  const standard = { policy: parsePolicy(policy, "policy.yaml", ids), rules, now };
  return judgeEvent(templateHookEventSchema.parse(event), { region: "eu-west-1", readPayload }, standard).finally(() =>
    expect(read).toEqual(["https://s3.eu-west-1.amazonaws.com/payload"]),
  );
}

const withDb = (properties: string, more = "") =>
  `${more}Resources:\n  Db:\n    Type: AWS::RDS::DBInstance\n    Properties: { ${properties} }\n`;
const answerToStack = (template: string, previousTemplate: string | null = null, policy = "{}") =>
  answerTo(stack, JSON.stringify({ template, previousTemplate }), policy);
const unmanaged = "Engine: mysql";
const managed = "Engine: mysql, ManageMasterUserPassword: true";

describe("a stack", () => {
  test("AWS's documented payload, which has no database, passes", async () => {
    const template =
      '{"Resources":{"S3Bucket":{"Type":"AWS::S3::Bucket","Properties":{"ObjectLockEnabled":true}},"SQSQueue":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":"NewQueue"}}}}';
    const previousTemplate =
      '{"Resources":{"S3Bucket":{"Type":"AWS::S3::Bucket","Properties":{"ObjectLockEnabled":false}}}}';
    expect(await answerToStack(template, previousTemplate)).toEqual({
      hookStatus: "SUCCESS",
      message: "orders was not judged as a whole: its template shows no database.",
      clientRequestToken: stack.clientRequestToken,
    });
  });

  test("is refused in the words of check, with the line", async () => {
    const [finding] = checkText(withDb(unmanaged)).findings;
    expect(await answerToStack(withDb(unmanaged))).toMatchObject({
      hookStatus: "FAILED",
      errorCode: "NonCompliant",
      message: `[master-password-managed] ${finding?.message} ${finding?.remediation}`,
    });
    expect(finding?.remediation).toContain("(line 2)");
  });

  test("passes if its databases meet the policy", async () => {
    expect(await answerToStack(withDb(managed))).toMatchObject({
      hookStatus: "SUCCESS",
      message: "orders meets the policy, as far as its template shows.",
    });
  });

  test("has a password in its template, which the hook for resources cannot see, and the answer does not have it", async () => {
    const answer = await answerToStack(withDb("Engine: mysql, MasterUserPassword: hunter2hunter2"));
    expect(answer.message).toContain(
      "[password-not-in-template] The master password of DB instance Db is written in plain text.",
    );
    expect(answer.message).not.toContain("hunter2");
  });

  test("is not refused for a database that its previous template has too", async () => {
    expect((await answerToStack(withDb(unmanaged), withDb(unmanaged))).hookStatus).toBe("SUCCESS");
    expect((await answerToStack(withDb(unmanaged), withDb("Engine: postgres"))).hookStatus).toBe("FAILED");
    expect((await answerToStack(withDb(unmanaged), "Resources: {}")).hookStatus).toBe("FAILED");
  });

  test.each([
    ["a parameter", withDb("Engine: mysql, ManageMasterUserPassword: !Ref P", "Parameters: { P: { Type: String } }\n")],
    [
      "the default of a parameter",
      withDb(
        "Engine: mysql, ManageMasterUserPassword: !Ref P",
        "Parameters: { P: { Type: String, Default: false } }\n",
      ),
    ],
    [
      "a condition of the resource",
      "Parameters: { P: { Type: String } }\nConditions: { C: !Equals [!Ref P, a] }\nResources: { Db: { Type: AWS::RDS::DBInstance, Condition: C, Properties: { Engine: mysql } } }",
    ],
    ["a value of another stack", withDb("Engine: mysql, ManageMasterUserPassword: !ImportValue m")],
  ])("leaves to the hook for resources what %s decides", async (_, template) => {
    expect(await answerToStack(template)).toMatchObject({
      hookStatus: "SUCCESS",
      message:
        "The template of orders does not show whether Db will meet the policy: judged before each is created or changed.",
    });
  });

  test("leaves a violation that an exemption may cover to the hook for resources", async () => {
    const policy = "exemptions: [{ match: { identifier: orders }, owner: ann, reason: legacy, until: 2099-01-01 }]";
    expect((await answerToStack(withDb(unmanaged), null, policy)).hookStatus).toBe("SUCCESS");
    const named = withDb(`${unmanaged}, DBInstanceIdentifier: other`);
    expect((await answerToStack(named, null, policy)).hookStatus).toBe("FAILED");
  });

  test.each([
    ["an unknown function", withDb("Engine: mysql, ManageMasterUserPassword: !Later x"), "an unknown tag in line 4"],
    ["no template", "AWS::RDS::DBInstance", "neither a CloudFormation template"],
  ])("says that %s was not judged", async (_, template, why) => {
    const answer = await answerToStack(template);
    expect(answer.hookStatus).toBe("SUCCESS");
    expect(answer.message).toContain(why);
  });

  test.each([
    ["no JSON", "hunter2hunter2", "The payload is not JSON."],
    ["no template", "{}", "expected string"],
  ])("a payload that is %s throws an error that does not quote it", async (_, payload, why) => {
    const error = await answerTo(stack, payload).catch((thrown: unknown) => String(thrown));
    expect(error).toContain(why);
    expect(error).not.toContain("hunter2");
  });

  test("that is deleted passes, and its payload is not read", async () => {
    const event = templateHookEventSchema.parse({ ...stack, actionInvocationPoint: "DELETE_PRE_PROVISION" });
    const readPayload = () => Promise.reject(new Error("read"));
    const standard = { policy: parsePolicy("{}", "policy.yaml", []), rules, now };
    expect(await judgeEvent(event, { region: "eu-west-1", readPayload }, standard)).toMatchObject({
      hookStatus: "SUCCESS",
    });
  });

  test("the payload has to be at an HTTPS URL", () => {
    const at = (payload: string) =>
      templateHookEventSchema.safeParse({ ...stack, requestData: { ...stack.requestData, payload } }).success;
    expect(["http://s3.example/x", "file:///etc/passwd", "https:///x", ""].filter(at)).toEqual([]);
    expect(at("https://s3.example/x")).toBe(true);
  });
});

describe("a change set", () => {
  const change = (after: Record<string, unknown> | null, more: Record<string, unknown> = {}) => ({
    logicalResourceId: "Db",
    resourceType: "AWS::RDS::DBInstance",
    action: "CREATE",
    lineNumber: 2,
    beforeContext: null,
    afterContext: after === null ? null : JSON.stringify({ Properties: after }),
    ...more,
  });
  const answerToChanges = (changedResources: readonly object[], template = "Resources: {}", policy = "{}") =>
    answerTo(changeSet, JSON.stringify({ template, changedResources }), policy);
  const later = "{{changeSet:KNOWN_AFTER_APPLY}}";

  test("AWS's documented payload, which has no database, passes", async () => {
    const answer = await answerToChanges([
      {
        ...change(null),
        logicalResourceId: "SQSQueue",
        resourceType: "AWS::SQS::Queue",
        action: "DELETE",
        lineNumber: null,
        beforeContext: '{"Properties":{"QueueName":"CoolQueue"}}',
      },
      { ...change({ QueueName: "NewCoolQueue" }), logicalResourceId: "NewSQSQueue", resourceType: "AWS::SQS::Queue" },
    ]);
    expect(answer).toMatchObject({ hookStatus: "SUCCESS", clientRequestToken: changeSet.clientRequestToken });
  });

  test.each([
    ["a database that is not managed", change({ Engine: "mysql" }), "FAILED"],
    ["false, which is a text there", change({ Engine: "mysql", ManageMasterUserPassword: "false" }), "FAILED"],
    ["true, which is a text there", change({ Engine: "mysql", ManageMasterUserPassword: "true" }), "SUCCESS"],
    ["a change of one", change({ Engine: "mysql" }, { action: "UPDATE" }), "FAILED"],
    ["its deletion", change(null, { action: "DELETE" }), "SUCCESS"],
    [
      "a member of a cluster that is not made yet",
      change({ Engine: "aurora-mysql", DBClusterIdentifier: later }),
      "SUCCESS",
    ],
    ["a value that is known later", change({ Engine: "mysql", ManageMasterUserPassword: later }), "SUCCESS"],
    ["no context", change(null), "FAILED"],
  ])("%s: %#", async (_, one, status) => {
    expect((await answerToChanges([one])).hookStatus).toBe(status);
  });

  test("says what is judged later", async () => {
    const { message } = await answerToChanges([change({ Engine: "mysql", ManageMasterUserPassword: later })]);
    expect(message).toContain("does not show whether Db will meet the policy");
  });

  test("two keys that are known later are not taken for the same", async () => {
    const keys = { KmsKeyId: later, MasterUserSecret: { KmsKeyId: later } };
    const database = change({ Engine: "mysql", ManageMasterUserPassword: "true", ...keys });
    const policy = "keys: [{ differentFromStorage: true }]";
    expect((await answerToChanges([database], "Resources: {}", policy)).hookStatus).toBe("SUCCESS");
  });

  test("a password is judged by the template, because its value is resolved in the context", async () => {
    const database = change({ Engine: "mysql", MasterUserPassword: "hunter2hunter2" });
    const byParameter = withDb(
      "Engine: mysql, MasterUserPassword: !Ref P",
      "Parameters: { P: { Type: String, NoEcho: true } }\n",
    );
    const written = withDb("Engine: mysql, MasterUserPassword: hunter2hunter2");
    expect((await answerToChanges([database], written)).message).toContain("[password-not-in-template]");
    expect((await answerToChanges([database], byParameter)).message).not.toContain("[password-not-in-template]");
    for (const template of [written, byParameter, "Resources: {}"]) {
      const { message } = await answerToChanges([database], template);
      expect(message).toContain("[master-password-managed]");
      expect(message).not.toContain("hunter2");
    }
  });

  test("a context that is no JSON throws an error that does not quote it", async () => {
    const answer = answerToChanges([change({}, { afterContext: "hunter2hunter2" })]);
    await expect(answer).rejects.toThrow("The context of a changed resource is not JSON.");
  });
});
