import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Aws } from "../../cli/io.ts";
import { answerApproval } from "../../lib/aws/answer-approval.ts";
import { runCli } from "./run-cli.ts";
import { startSimulatedAws } from "./simulated-aws.ts";

type Request = { readonly path: string; readonly body: string; readonly region: string | undefined };

let simulated: Awaited<ReturnType<typeof startSimulatedAws>>;
let lambda: Server;
let aws: Aws;
const requests: Request[] = [];
const by = "arn:aws:sts::222222222222:assumed-role/Simulated/session";

/** A fake Lambda that knows every approval request except `gone`. */
beforeAll(async () => {
  simulated = await startSimulatedAws();
  lambda = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const region = /Credential=[^/]+\/\d+\/([^/]+)/.exec(request.headers.authorization ?? "")?.[1];
    requests.push({ path: decodeURIComponent(request.url ?? ""), body, region });
    const isGone = request.url?.includes("gone") === true;
    response.writeHead(isGone ? 404 : 200, {
      "content-type": "application/json",
      ...(isGone && { "x-amzn-errortype": "ResourceNotFoundException" }),
    });
    response.end(isGone ? '{"Message":"no such callback"}' : "{}");
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => lambda.once("listening", resolve));
  const endpoint = `http://127.0.0.1:${(lambda.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: "222222222222", secretAccessKey: "x" };
  aws = {
    ...simulated.aws,
    answerApproval: (id, approval, { region = "" }) => answerApproval(id, approval, { endpoint, credentials, region }),
  };
});

afterAll(async () => {
  lambda.close();
  lambda.closeAllConnections();
  await simulated.close();
});

test.each([
  ["approve", "approved", "Approved as", "The repair starts in its window, if every check passes then."],
  ["reject", "rejected", "Rejected as", "The repair does not start."],
])("%s: records the answer under the caller's ARN", async (command, decision, result, consequence) => {
  const { status, stdout, stderr } = await runCli([command, "abc+/=", "--region", "eu-west-1"], { aws });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toContain(`${result} ${by}. ${consequence}`);
  const { path = "", body = "", region } = requests.at(-1) ?? {};
  expect({ path, body: JSON.parse(body), region }).toEqual({
    path: expect.stringContaining("abc+/="),
    body: { decision, by },
    region: "eu-west-1",
  });
});

test("uses the configured Region by default", async () => {
  await runCli(["approve", "abc"], { aws });
  expect(requests.at(-1)?.region).toBe("us-east-1");
});

test("rejects the id of a request that is gone", async () => {
  expect(await runCli(["approve", "gone"], { aws })).toEqual({
    status: 2,
    stdout: "",
    stderr: 'There is no approval request "gone": it was answered or has expired.\n',
  });
});

test.each([
  [["approve"], "The id of the approval request is missing: the message on the alerts topic has it."],
  [["reject", "abc", "--regoin", "x"], 'Unknown option "--regoin" (did you mean --region?).'],
  [["approve", "abc"], "No Region is configured: give --region, or set AWS_REGION."],
])("%j", async (argv, message) => {
  const ended = await runCli(argv, { aws: { ...aws, defaultRegion: async () => null } });
  expect(ended).toEqual({ status: 2, stdout: "", stderr: `${message}\n` });
});
