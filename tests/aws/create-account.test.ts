import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { createAccount } from "../../lib/aws/create-account.ts";
import { AccessError } from "../../lib/model/errors.ts";

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

describe("an account that cannot be opened", () => {
  const error = (code: string, message: string) =>
    `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;
  const html = "<!doctype html><html><body>Sign in<br></body></html>";
  const check = "check the network, the proxy (HTTPS_PROXY, NO_PROXY), and AWS_ENDPOINT_URL if it is set.";

  test.each([
    [
      403,
      error("SignatureDoesNotMatch", "Signature expired: 20261124T190000Z is now earlier than 20261124T195500Z"),
      "the clock of this machine is wrong (Signature expired: 20261124T190000Z is now earlier than 20261124T195500Z): set the clock.",
    ],
    [
      403,
      error(
        "SignatureDoesNotMatch",
        "Signature not yet current: 20261124T190000Z is still later than 20261124T185500Z",
      ),
      "set the clock.",
    ],
    [403, error("RequestTimeTooSkewed", "The difference is too large"), "set the clock."],
    [
      403,
      error("SignatureDoesNotMatch", "The request signature we calculated does not match"),
      "check the access key ID and the secret access key.",
    ],
    [403, error("ExpiredToken", "The security token included in the request is expired"), "has expired: log in again"],
    [
      403,
      error("AccessDenied", "not authorized with an explicit deny"),
      "check the policy of the VPC endpoint for STS.",
    ],
    [500, error("InternalFailure", "It failed"), "(InternalFailure: It failed): try again in some minutes."],
    [400, error("Throttling", "Rate exceeded"), "(Throttling: Rate exceeded): try again in some minutes."],
    [200, html, `such as the sign-in page of a proxy: ${check}`],
    [200, "", `such as the sign-in page of a proxy: ${check}`],
    [407, html, `such as the sign-in page of a proxy: ${check}`],
  ])("says what to do: case %#", async (status, body, whatToDo) => {
    const { port } = server.address() as AddressInfo;
    server
      .removeAllListeners("request")
      .on("request", (_, response) => response.writeHead(status, { "content-type": "text/xml" }).end(body));
    const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
    const endpoint = `http://127.0.0.1:${port}`;
    const opened = createAccount({ name: "test", endpoint, credentials, maxAttempts: 1 }).identify("eu-west-1");
    await expect(opened).rejects.toThrow(AccessError);
    await expect(opened).rejects.toThrow(whatToDo);
  });

  test("says how to get a session if the profile requires MFA", async () => {
    const folder = await mkdtemp(join(tmpdir(), "profiles-"));
    const config = join(folder, "config");
    await writeFile(
      config,
      "[profile admin]\nrole_arn = arn:aws:iam::111111111111:role/admin\nsource_profile = base\nmfa_serial = arn:aws:iam::111111111111:mfa/me\n[profile base]\naws_access_key_id = x\naws_secret_access_key = x\n",
    );
    process.env.AWS_CONFIG_FILE = config;
    const opened = createAccount({ name: "profile admin", profile: "admin", maxAttempts: 1 }).identify("eu-west-1");
    await expect(opened).rejects.toThrow(
      'The role of profile admin requires multi-factor authentication (MFA), which this program cannot ask for: get a session with "aws configure export-credentials --profile admin --format env"',
    );
    await rm(folder, { recursive: true });
  });
});
