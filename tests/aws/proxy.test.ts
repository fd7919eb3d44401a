import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, request as forward } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { createAccount } from "../../lib/aws/create-account.ts";
import { type Aws, account, startAws } from "../simulator/aws.ts";

const variables = [
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "HOME",
  "AWS_PROFILE",
];
const before = Object.fromEntries(variables.map((name) => [name, process.env[name]]));

let aws: Aws;
let proxied: string[];
let proxy: ReturnType<typeof createServer>;

beforeEach(async () => {
  aws = await startAws();
  proxied = [];
  proxy = createServer((incoming, outgoing) => {
    const { method, headers, url = "" } = incoming;
    proxied.push(`${method} ${url}`);
    incoming.pipe(
      forward(aws.simulator.endpoint, { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      }),
    );
  });
  // A tunnel for TLS: it leads nowhere, because what matters is who was asked for.
  proxy.on("connect", ({ url = "" }, socket) => {
    proxied.push(`CONNECT ${url}`);
    socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  for (const name of variables) delete process.env[name];
});

afterEach(async () => {
  for (const [name, value] of Object.entries(before)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  proxy.closeAllConnections();
  proxy.close();
  await aws.stop();
});

const proxyUrl = () => `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
const open = (endpoint?: string) =>
  createAccount({
    name: "test",
    credentials: { accessKeyId: account, secretAccessKey: "not-verified" },
    maxAttempts: 1,
    ...(endpoint === undefined ? {} : { endpoint }),
  });

test("calls AWS through HTTP_PROXY", async () => {
  process.env.HTTP_PROXY = proxyUrl();
  expect(await open("http://aws.test:8080").identify("eu-west-1")).toMatchObject({ account });
  expect(proxied).toEqual(["POST http://aws.test:8080/"]);
});

test("opens a tunnel through HTTPS_PROXY, and says that AWS cannot be reached if the proxy refuses", async () => {
  process.env.HTTPS_PROXY = proxyUrl();
  await expect(open().identify("eu-west-1")).rejects.toThrow("check the network, the proxy");
  expect(proxied).toEqual(["CONNECT sts.eu-west-1.amazonaws.com:443"]);
});

test.each(["NO_PROXY", "no_proxy"])("calls hosts of %s directly", async (variable) => {
  process.env.HTTP_PROXY = proxyUrl();
  process.env[variable] = "aws.invalid,other.test";
  await expect(open("http://aws.invalid").identify("eu-west-1")).rejects.toThrow("AWS cannot be reached");
  expect(proxied).toEqual([]);
});

test("calls this machine directly", async () => {
  process.env.HTTP_PROXY = proxyUrl();
  expect(await open(aws.simulator.endpoint).identify("eu-west-1")).toMatchObject({ account });
  expect(proxied).toEqual([]);
});

const startUrl = "https://corp.awsapps.com/start";
const config = `
[profile sso]
sso_start_url = ${startUrl}
sso_region = us-east-1
sso_account_id = ${account}
sso_role_name = Audit
region = eu-west-1
[profile role]
role_arn = arn:aws:iam::${account}:role/audit
source_profile = keys
region = eu-west-1
[profile keys]
aws_access_key_id = x
aws_secret_access_key = y
[profile program]
credential_process = echo no-json
region = eu-west-1
[profile empty]
region = eu-west-1
`;

/** Makes a home directory with profiles, and with a login of IAM Identity Center. */
async function withHome<T>(work: () => Promise<T>): Promise<T> {
  const home = await mkdtemp(join(tmpdir(), "home-"));
  const cache = join(home, ".aws", "sso", "cache");
  await mkdir(cache, { recursive: true });
  await writeFile(join(home, ".aws", "config"), config);
  const token = { accessToken: "not-verified", expiresAt: "2099-01-01T00:00:00Z" };
  await writeFile(join(cache, `${createHash("sha1").update(startUrl).digest("hex")}.json`), JSON.stringify(token));
  process.env.HOME = home;
  try {
    return await work();
  } finally {
    await rm(home, { recursive: true });
  }
}

test.each([
  ["sso", "portal.sso.us-east-1.amazonaws.com:443"],
  ["role", "sts.eu-west-1.amazonaws.com:443"],
])("gets the credentials of profile %s through HTTPS_PROXY", (profile, host) =>
  withHome(async () => {
    process.env.HTTPS_PROXY = proxyUrl();
    await expect(createAccount({ name: "test", profile, maxAttempts: 1 }).identify("eu-west-1")).rejects.toThrow();
    expect(new Set(proxied)).toEqual(new Set([`CONNECT ${host}`]));
  }),
);

test("gets the credentials of AWS_PROFILE through HTTPS_PROXY", () =>
  withHome(async () => {
    process.env.HTTPS_PROXY = proxyUrl();
    process.env.AWS_PROFILE = "sso";
    await expect(createAccount({ name: "test", maxAttempts: 1 }).identify("eu-west-1")).rejects.toThrow();
    expect(new Set(proxied)).toEqual(new Set(["CONNECT portal.sso.us-east-1.amazonaws.com:443"]));
  }));

test.each([
  ["program", "returned invalid JSON"],
  ["empty", "Could not resolve credentials using profile: [empty]"],
])("says why profile %s has no credentials", (profile, reason) =>
  withHome(async () => {
    const account = createAccount({ name: `profile ${profile}`, profile, maxAttempts: 1 });
    await expect(account.identify("eu-west-1")).rejects.toThrow(reason);
  }),
);
