import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Fleet, FleetAnswer, FleetRequest } from "./fleet.ts";

/** A fleet that is served. */
export type ServedFleet = {
  /** The environment in which the SDK and the program read it. */
  readonly env: NodeJS.ProcessEnv;
  readonly endpoint: string;
  readonly ask: (request: FleetRequest) => Promise<FleetAnswer>;
};

/** Serves a fleet from its own process while something is measured. */
export async function withFleet<T>(fleet: Fleet, measure: (served: ServedFleet) => Promise<T>): Promise<T> {
  const server = spawn(process.execPath, [here("serve-fleet.ts"), JSON.stringify(fleet)], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  try {
    const [text] = (await once(server.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
    const endpoint = text.toString().trim();
    const [account = ""] = fleet.accounts;
    return await measure({
      endpoint,
      env: { AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: account, AWS_SECRET_ACCESS_KEY: "simulated" },
      async ask(request) {
        server.send(request);
        const [answer] = (await once(server, "message")) as [FleetAnswer];
        return answer;
      },
    });
  } finally {
    server.kill("SIGTERM");
    await once(server, "exit");
  }
}

function here(file: string): string {
  return new URL(file, import.meta.url).pathname;
}
