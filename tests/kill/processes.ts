import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ActionName } from "../../lib/model/action.ts";
import type { RemediationState } from "../../lib/model/remediation-state.ts";

export const actions = ["toggle", "enable", "rotate"] as const satisfies readonly ActionName[];
export type KilledAction = (typeof actions)[number];

export const region = "eu-west-1";

/** What a process printed, and how it ended: its exit status, or -1 if it was killed. */
export type Ended = { readonly status: number; readonly output: string };

const policy = `keys:
  - { match: { identifier: orders }, require: alias/required }
remediation:
  { allow: [rotate, toggle, enable], optIn: [{ identifier: orders }], approval: [], window: any-time, budget: { atOnce: 5, perDay: 50 } }
`;

/** Starts processes that repair the DB instance `orders`, with one repair state in a folder of its own. */
export function createProcesses({ endpoint, account }: { readonly endpoint: string; readonly account: string }) {
  const folder = mkdtempSync(join(tmpdir(), "kill-"));
  const [policyFile, stateFile] = [join(folder, "policy.yaml"), join(folder, "state.json")];
  writeFileSync(policyFile, policy);
  const env = {
    ...process.env,
    ...{ AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: account, AWS_SECRET_ACCESS_KEY: "simulated" },
    ...{ AWS_REGION: region, NODE_NO_WARNINGS: "1" },
  };
  const start = (script: string, args: readonly string[], killAfter: number | null = null): Promise<Ended> => {
    const child = spawn(process.execPath, [join(import.meta.dirname, "..", "..", script), ...args], { env });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
    const timer = killAfter === null ? null : setTimeout(() => child.kill("SIGKILL"), killAfter);
    return new Promise((resolve) =>
      child.once("close", (status) => {
        if (timer !== null) clearTimeout(timer);
        resolve({ status: status ?? -1, output });
      }),
    );
  };
  const common = ["--policy", policyFile, "--state", stateFile];
  return {
    terminal: (killAfter?: number) =>
      start("cli/main.ts", ["remediate", "orders", ...common, "--apply", "--yes"], killAfter ?? null),
    service: (execution: string, resourceId: string, action: KilledAction) =>
      start("tests/kill/service.ts", [execution, resourceId, action, policyFile, stateFile]),
    /** Lets the leases expire, instead of waiting for minutes. */
    expireLeases() {
      if (!existsSync(stateFile)) return;
      const state = JSON.parse(readFileSync(stateFile, "utf8")) as RemediationState;
      const expiresAt = new Date().toISOString();
      const running = state.running.map((one) => ({ ...one, expiresAt }));
      writeFileSync(stateFile, JSON.stringify({ ...state, running }));
    },
    removeFolder: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The names of what is so. */
export function listTrue(wrong: Readonly<Record<string, boolean>>): string[] {
  return Object.entries(wrong).flatMap(([what, is]) => (is ? [what] : []));
}
