import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { TemplateHookEvent } from "../../lib/model/template-hook-event.ts";
import { type Packaged, readPackaged, repairing } from "../deployment/packaged.ts";
import { measured, type UnpackedFunction, unpackFunction } from "../support/invoke-packaged.ts";
import { samplesIn } from "../support/samples.ts";

const [sample] = samplesIn("lib/model/template-hook-event.ts") as [TemplateHookEvent];

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
  expect(logged).toContainEqual(expect.objectContaining({ message: "Judged a resource.", resource: "Orders" }));
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

test("the event of another target operation, which has no resource, does not pass", async () => {
  const { targetModel: _, ...stack } = sample.requestData;
  const { answer } = await invoke({ ...sample, requestData: { ...stack, targetName: "STACK", targetType: "STACK" } });
  expect(answer).toMatchObject({ hookStatus: "FAILED", errorCode: "InternalFailure" });
});
