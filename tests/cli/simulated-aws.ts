import type { Aws } from "../../cli/io.ts";
import { createAccount } from "../../lib/aws/create-account.ts";
import { createSampleOrganization, sampleAccounts } from "../../simulator/organization.ts";
import { startSimulator } from "../../simulator/server.ts";
import { now } from "../support/builders.ts";

/** The sample organization on this machine: a profile is the name of one of its accounts; without one it is staging. */
export async function startSimulatedAws(): Promise<{ aws: Aws; close: () => Promise<void> }> {
  const { cloud } = createSampleOrganization({ now: new Date(now) });
  const { endpoint, close } = await startSimulator(cloud);
  const aws: Aws = {
    createAccount: ({ name, profile = "staging", ...options }) => {
      const accessKeyId = sampleAccounts[profile as keyof typeof sampleAccounts] ?? "unknown";
      return createAccount({ name, endpoint, credentials: { accessKeyId, secretAccessKey: "simulated" }, ...options });
    },
    defaultRegion: async (profile) => (profile === "production" ? "eu-central-1" : "us-east-1"),
  };
  return { aws, close };
}
