import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { createAccount } from "../../lib/aws/create-account.ts";
import { reportSchema } from "../../lib/model/report.ts";
import { expectGolden } from "../golden/golden.ts";
import { runCli } from "./run-cli.ts";

const aws = { createAccount };

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("demo", () => {
  test.each([80, 160])("shows the sample organization at %i columns", async (columns) => {
    const { status, stdout, stderr } = await runCli(["demo"], { aws, terminal: { columns }, env: { NO_COLOR: "1" } });
    expect(status).toBe(0);
    expectGolden(`demo-${columns}`, stdout);
    expect(stderr).toContain("no AWS account was touched");
  });

  test("prints JSON", async () => {
    const { status, stdout } = await runCli(["demo", "--format", "json"], { aws });
    expect(status).toBe(0);
    expect(reportSchema.parse(JSON.parse(stdout)).coverage.targets).toHaveLength(12);
  });

  test("--serve prints the endpoint and answers until it is interrupted", async () => {
    let endpoint = "";
    const served: string[] = [];
    const world = {
      aws: {
        createAccount: (options: Parameters<typeof createAccount>[0]) => {
          endpoint = options.endpoint ?? "";
          return createAccount(options);
        },
      },
      interrupted: async () => {
        const credentials = { accessKeyId: "222222222222", secretAccessKey: "x" };
        served.push((await createAccount({ name: "client", endpoint, credentials }).identify()).account);
      },
    };
    const { status, stderr } = await runCli(["demo", "--serve", "--format", "json"], world);
    expect(status).toBe(0);
    expect(served).toEqual(["222222222222"]);
    expect(stderr).toContain(`export AWS_ENDPOINT_URL=${endpoint}\n`);
    await expect(fetch(endpoint)).rejects.toThrow();
  });

  test("--port needs --serve", async () =>
    expect(await runCli(["demo", "--port", "4566"])).toEqual({
      status: 2,
      stdout: "",
      stderr: "--port has no effect without --serve: add --serve, or omit --port.\n",
    }));

  test("--serve has a repair state of its own, which is empty at first and deleted at the end", async () => {
    const folder = mkdtempSync(join(tmpdir(), "demo-"));
    const env = { XDG_STATE_HOME: folder, USER: "ann" };
    const port = await findFreePort();
    const endpoint = `http://127.0.0.1:${port}`;
    const credentials = { accessKeyId: "222222222222", secretAccessKey: "x" };
    const clients = {
      createAccount: (options: object) => createAccount({ name: "client", ...options, endpoint, credentials }),
    };
    const isStopped = async (more: Record<string, string> = {}) => {
      const world = { aws: clients, env: { ...env, ...more } };
      return /rehearsal/.test((await runCli(["plan", "loadtest", "--region", "us-east-1"], world)).stdout);
    };
    const stop = (more: Record<string, string>) => runCli(["stop", "--why", "rehearsal"], { env: { ...env, ...more } });
    const states = () => readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith(".json"));
    const served: boolean[] = [];

    const variables = { AWS_ENDPOINT_URL: endpoint };
    await stop(variables);
    await runCli(["demo", "--serve", "--port", String(port)], {
      env,
      aws,
      interrupted: async () => {
        served.push(await isStopped(variables));
        await stop(variables);
        served.push(await isStopped(variables), await isStopped());
      },
    });

    expect(served).toEqual([false, true, false]);
    expect(states()).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  test.each(["0", "65536", "http", "80.5"])("refuses --port %s", async (port) =>
    expect(await runCli(["demo", "--port", port])).toEqual({
      status: 2,
      stdout: "",
      stderr: `--port takes a number from 1 to 65535, not "${port}".\n`,
    }),
  );

  test("refuses a port in use", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    const { status, stderr } = await runCli(["demo", "--serve", "--port", String(port)], { aws });
    server.close();
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: `--port ${port} cannot be used (EADDRINUSE): give another port, or omit the option.\n`,
    });
  });
});
