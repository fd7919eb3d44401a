import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { KMSClient } from "@aws-sdk/client-kms";
import { RDSClient } from "@aws-sdk/client-rds";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { STSClient } from "@aws-sdk/client-sts";
import { createCloud } from "../../simulator/cloud.ts";
import { startSimulator } from "../../simulator/server.ts";
import type { Cloud } from "../../simulator/state.ts";

/** The account of both emulators: moto's default, and in the simulator the access key id. */
export const account = "123456789012";
export const region = "eu-west-1";

/** An emulated AWS that starts empty and is not shared until it is closed. */
export type OpenAws = {
  readonly emulator: "moto" | "simulator";
  readonly endpoint: string;
  /** Completes asynchronous changes: creation, password changes, rotations. */
  settle(): void;
  close(): Promise<void>;
  /** The simulator's cloud; null for moto. */
  readonly cloud: Cloud | null;
};

/** An emulator of AWS. Only one of its AWSs is open at a time. */
export type Emulator = { open(): Promise<OpenAws>; stop(): Promise<void> };

/** How far the simulator's clock starts behind, so that `settle` does not move it ahead of real time. */
const headStartMs = 24 * 3_600_000;

/** The project's simulator. */
export function createSimulator(): Emulator {
  return {
    async open() {
      const cloud = createCloud({ now: new Date(Date.now() - headStartMs) });
      cloud.region(account, region);
      const simulator = await startSimulator(cloud);
      return {
        emulator: "simulator",
        endpoint: simulator.endpoint,
        settle: () => cloud.advance({ seconds: 600 }),
        close: () => simulator.close(),
        cloud,
      };
    },
    stop: async () => {},
  };
}

/** Starts moto's server on a free port. `stop` ends it. */
export async function startMoto(): Promise<Emulator> {
  const server = spawn("moto_server", ["-H", "127.0.0.1", "-p", "0"], { stdio: ["ignore", "pipe", "pipe"] });
  const end = () => server.kill("SIGKILL");
  process.once("exit", end);
  const endpoint = await addressOf(server);
  return {
    async open() {
      const reset = await fetch(`${endpoint}/moto-api/reset`, { method: "POST" });
      if (!reset.ok) throw new Error(`moto failed to reset: status ${reset.status}`);
      return { emulator: "moto", endpoint, settle: () => {}, close: async () => {}, cloud: null };
    },
    stop: () =>
      new Promise((resolve) => {
        if (server.exitCode !== null || server.signalCode !== null) return resolve();
        process.off("exit", end);
        server.once("exit", () => resolve());
        end();
      }),
  };
}

/** Reads a server's address from its output. Drains later output, so that the server does not block on a full pipe. */
function addressOf(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const said: string[] = [];
    const fail = (why: string) => reject(new Error(`moto_server ${why}: ${said.join("\n")}`));
    const timer = setTimeout(() => {
      server.kill("SIGKILL");
      fail("did not start within 30 seconds");
    }, 30_000);
    server.once("error", reject);
    server.once("exit", (code) => fail(`ended with ${code}`));
    for (const stream of [server.stdout, server.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on("line", (line) => {
        const [address] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
        if (address !== undefined) {
          clearTimeout(timer);
          resolve(address);
        } else if (said.length < 20) said.push(line);
      });
    }
  });
}

/** True if a program is on the PATH. */
export function isInstalled(program: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The SDK's clients for an emulator, without retries. */
export function connect(endpoint: string) {
  const settings = {
    endpoint,
    region,
    credentials: { accessKeyId: account, secretAccessKey: "not-verified" },
    maxAttempts: 1,
  };
  const clients = {
    rds: new RDSClient(settings),
    secrets: new SecretsManagerClient(settings),
    kms: new KMSClient(settings),
    sts: new STSClient(settings),
  };
  return {
    ...clients,
    destroy: () => {
      for (const client of Object.values(clients)) client.destroy();
    },
  };
}
