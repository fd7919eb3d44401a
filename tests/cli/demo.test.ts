import { createServer } from "node:http";
import { describe, expect, test } from "@jest/globals";
import { createAccount } from "../../lib/aws/create-account.ts";
import { reportSchema } from "../../lib/model/report.ts";
import { expectGolden } from "../golden/golden.ts";
import { runCli } from "./run-cli.ts";

const aws = { createAccount };

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
