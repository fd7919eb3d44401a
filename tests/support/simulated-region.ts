import { createAccount } from "../../lib/aws/create-account.ts";
import type { RegionPort } from "../../lib/collect/region-port.ts";
import type { RepairPort } from "../../lib/remediate/repair.ts";
import { createCloud } from "../../simulator/cloud.ts";
import { startSimulator } from "../../simulator/server.ts";
import { now, region } from "./simulated-audit.ts";

const account = "111111111111";

type Cloud = ReturnType<typeof createCloud>;
export type SimulatedRegion = {
  readonly cloud: Cloud;
  /** The Region's state. The next response shows a change of it. */
  readonly here: ReturnType<Cloud["region"]>;
  /** The SDK's clients, connected to the simulator. */
  readonly port: RegionPort & RepairPort;
  /** The number of calls of each action, including retries. */
  readonly calls: () => Record<string, number>;
};

/** Serves one Region of one account on localhost while `use` runs. */
export async function withSimulatedRegion<T>(use: (simulated: SimulatedRegion) => Promise<T>): Promise<T> {
  const cloud = createCloud({ now: new Date(now) });
  const here = cloud.region(account, region);
  const simulator = await startSimulator(cloud);
  try {
    const port = createAccount({
      name: `account ${account}`,
      endpoint: simulator.endpoint,
      credentials: { accessKeyId: account, secretAccessKey: "simulated" },
      maxAttempts: 1,
      requestTimeoutSeconds: 20,
    }).region({ account, region, partition: "aws" });
    const calls = () => {
      const counts: Record<string, number> = {};
      for (const { action } of simulator.calls) counts[action] = (counts[action] ?? 0) + 1;
      return counts;
    };
    return await use({ cloud, here, port, calls });
  } finally {
    await simulator.close();
  }
}
