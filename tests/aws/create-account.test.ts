import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { createAccount } from "../../lib/aws/create-account.ts";

const { AWS_REGION, AWS_DEFAULT_REGION, AWS_CONFIG_FILE } = process.env;

/** Services and Regions that requests were signed for. */
let signed: string[];
let server: ReturnType<typeof createServer>;

beforeEach(async () => {
  signed = [];
  server = createServer((request, response) => {
    const [, region, service] =
      /Credential=[^/]+\/\d+\/([^/]+)\/([^/]+)/.exec(String(request.headers.authorization)) ?? [];
    signed.push(`${service} ${region}`);
    response.statusCode = 400;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  for (const name of ["AWS_REGION", "AWS_DEFAULT_REGION"]) delete process.env[name];
  process.env.AWS_CONFIG_FILE = "/dev/null";
});

afterEach(() => {
  server.close();
  for (const [name, value] of Object.entries({ AWS_REGION, AWS_DEFAULT_REGION, AWS_CONFIG_FILE })) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

/** Identifies the credentials and lists their Regions, ignoring the answers. */
async function askAll(region?: string) {
  const { port } = server.address() as AddressInfo;
  const account = createAccount({
    name: "test",
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" },
    maxAttempts: 1,
  });
  await account.identify(region).catch(() => null);
  await account.listRegions().catch(() => null);
  return signed;
}

test("identifies the credentials in the configured Region, because other partitions do not know them", async () => {
  process.env.AWS_REGION = "cn-north-1";
  expect(await askAll()).toEqual(["sts cn-north-1", "account cn-north-1"]);
});

test("identifies the credentials in the given Region", async () => {
  process.env.AWS_REGION = "eu-west-1";
  expect(await askAll("eu-north-1")).toEqual(["sts eu-north-1", "account eu-west-1"]);
});

test("uses us-east-1 if no Region is configured", async () => {
  expect(await askAll()).toEqual(["sts us-east-1", "account us-east-1"]);
});
