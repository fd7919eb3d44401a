import { createServer, request as forward } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { createAccount } from "../../lib/aws/create-account.ts";
import { type Aws, account, startAws } from "../simulator/aws.ts";

const variables = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"];
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
