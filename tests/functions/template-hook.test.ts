import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { TemplateHookEvent } from "../../lib/model/template-hook-event.ts";
import { type Packaged, readPackaged, repairing } from "../deployment/packaged.ts";
import { measured, type UnpackedFunction, unpackFunction } from "../support/invoke-packaged.ts";
import { samplesIn } from "../support/samples.ts";

type Sample = TemplateHookEvent & { readonly requestData: { readonly targetModel?: unknown } };
const [sample, stack, changeSet] = samplesIn("lib/model/template-hook-event.ts") as [Sample, Sample, Sample];

let packaged: Packaged;
let templateHook: UnpackedFunction;

beforeAll(async () => {
  packaged = await readPackaged(repairing);
  templateHook = unpackFunction(packaged, "templateHook");
}, 120_000);

afterAll(() => {
  templateHook.stop();
  rmSync(templateHook.folder, { recursive: true, force: true });
});

/** Invokes the packaged function, without an endpoint of AWS. */
const invoke = (event: unknown) => templateHook.invoke(event, { references: {}, env: {} });

test("AWS's documented event fails with the words of check, and the log has no password", async () => {
  const { answer, logged } = await invoke(sample);
  expect(answer).toMatchObject({
    hookStatus: "FAILED",
    errorCode: "NonCompliant",
    message: expect.stringContaining("ManageMasterUserPassword is not set"),
    clientRequestToken: sample.clientRequestToken,
  });
  expect(logged).toContainEqual(expect.objectContaining({ message: "Judged a target.", target: "Orders" }));
  expect(JSON.stringify(logged)).not.toContain("resolved");
});

test("a managed database passes", async () => {
  const secret = { MasterUserSecret: { KmsKeyId: "alias/databases" } };
  const targetModel = { resourceProperties: { Engine: "postgres", ManageMasterUserPassword: true, ...secret } };
  const { answer } = await invoke({ ...sample, requestData: { ...sample.requestData, targetModel } });
  expect(answer).toEqual({
    hookStatus: "SUCCESS",
    message: "Orders meets the policy.",
    clientRequestToken: sample.clientRequestToken,
  });
});

test("an error is answered as a failure of the hook, measured for the alarm, and logged without the resource", async () => {
  const secret = "hunter2hunter2";
  const requestData = { ...sample.requestData, targetModel: { resourceProperties: [{ MasterUserPassword: secret }] } };
  const invocation = await invoke({ ...sample, requestData });
  expect(invocation.error).toBeNull();
  expect(invocation.answer).toMatchObject({
    hookStatus: "FAILED",
    errorCode: "InternalFailure",
    message: expect.stringContaining("an error in the hook, not in the template"),
    clientRequestToken: sample.clientRequestToken,
  });
  expect(measured(invocation, "TemplateHookFailures")).toEqual([{ TemplateHookFailures: 1 }]);
  expect(invocation.logged).toContainEqual(expect.objectContaining({ level: "ERROR" }));
  expect(JSON.stringify(invocation)).not.toContain(secret);
});

describe("the events of the other target operations", () => {
  const template = (password: string) =>
    `Resources: { Orders: { Type: AWS::RDS::DBInstance, Properties: { Engine: mysql${password} } } }`;
  const afterContext = JSON.stringify({ Properties: { Engine: "mysql", MasterUserPassword: "hunter2hunter2" } });
  const changedResources = [
    {
      logicalResourceId: "Orders",
      resourceType: "AWS::RDS::DBInstance",
      action: "CREATE",
      lineNumber: 1,
      afterContext,
    },
  ];

  /** Invokes the packaged function, with S3 answering this at the presigned URL of the event. */
  const invokeWith = (event: unknown, payload: unknown, status = 200) => {
    const answer = JSON.stringify(typeof payload === "string" ? payload : JSON.stringify(payload));
    const fetchOnce = `globalThis.fetch = async (url) => url === "https://s3.eu-west-1.amazonaws.com/payload" ? new Response(${answer}, { status: ${status} }) : Promise.reject(new Error(url));`;
    const preload = `--import=data:text/javascript,${encodeURIComponent(fetchOnce)}`;
    return templateHook.invoke(event, { references: {}, env: { NODE_OPTIONS: preload } });
  };

  test.each([
    ["STACK", stack, { template: template(", MasterUserPassword: hunter2hunter2"), previousTemplate: null }],
    ["CHANGE_SET", changeSet, { template: template(", MasterUserPassword: hunter2hunter2"), changedResources }],
  ])(
    "%s is refused in the words of check, and neither the password nor the URL is logged",
    async (_, event, payload) => {
      const invocation = await invokeWith(event, payload);
      expect(invocation.answer).toMatchObject({ hookStatus: "FAILED", errorCode: "NonCompliant" });
      expect(JSON.stringify(invocation.answer)).toContain("[password-not-in-template]");
      expect(JSON.stringify(invocation.answer)).toContain("[master-password-managed]");
      expect(JSON.stringify(invocation)).not.toMatch(/hunter2|s3\.eu-west-1/);
    },
  );

  test("STACK of a managed database passes", async () => {
    const managed = ", ManageMasterUserPassword: true, MasterUserSecret: { KmsKeyId: alias/databases }";
    const payload = { template: template(managed), previousTemplate: null };
    expect((await invokeWith(stack, payload)).answer).toEqual({
      hookStatus: "SUCCESS",
      message: "orders meets the policy, as far as its template shows.",
      clientRequestToken: stack.clientRequestToken,
    });
  });

  test.each([
    ["is denied", "<Error><Code>AccessDenied</Code></Error>", 403],
    ["is not JSON", "hunter2hunter2", 200],
    ["has no template", {}, 200],
  ])("a payload that %s does not pass, and is not logged", async (_, payload, status) => {
    const invocation = await invokeWith(stack, payload, status);
    expect(invocation.answer).toMatchObject({ hookStatus: "FAILED", errorCode: "InternalFailure" });
    expect(measured(invocation, "TemplateHookFailures")).toEqual([{ TemplateHookFailures: 1 }]);
    expect(JSON.stringify(invocation)).not.toMatch(/hunter2|s3\.eu-west-1/);
  });

  test("an event without a payload does not pass", async () => {
    const { payload: _, ...requestData } = stack.requestData as { payload?: string };
    const { answer } = await invoke({ ...stack, requestData });
    expect(answer).toMatchObject({ hookStatus: "FAILED", errorCode: "InternalFailure" });
  });
});
