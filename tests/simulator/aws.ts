import { AccountClient } from "@aws-sdk/client-account";
import { KMSClient } from "@aws-sdk/client-kms";
import { RDSClient } from "@aws-sdk/client-rds";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { STSClient } from "@aws-sdk/client-sts";
import { createCloud } from "../../simulator/cloud.ts";
import { type SimulatorOptions, startSimulator } from "../../simulator/server.ts";

export const account = "111111111111";
export const otherAccount = "222222222222";

/** A cloud with one empty Region, served, and the real SDK's clients for any account and Region of it. */
export async function startAws(options: SimulatorOptions = {}) {
  const cloud = createCloud({ now: new Date("2026-11-24T09:00:00Z") });
  const region = cloud.region(account, "eu-west-1");
  const simulator = await startSimulator(cloud, options);
  const clients: { destroy: () => void }[] = [];

  const configuration = (accessKeyId: string, name: string, sessionToken?: string) => ({
    endpoint: simulator.endpoint,
    region: name,
    credentials: { accessKeyId, secretAccessKey: "not-verified", ...(sessionToken && { sessionToken }) },
    maxAttempts: 1,
  });
  const connect = (accessKeyId = account, name = "eu-west-1", sessionToken?: string) => {
    const settings = configuration(accessKeyId, name, sessionToken);
    const connected = {
      rds: new RDSClient(settings),
      secrets: new SecretsManagerClient(settings),
      kms: new KMSClient(settings),
      sts: new STSClient(settings),
      account: new AccountClient(settings),
    };
    clients.push(...Object.values(connected));
    return connected;
  };

  return {
    cloud,
    region,
    simulator,
    connect,
    configuration,
    ...connect(),
    stop: async () => {
      for (const client of clients) client.destroy();
      await simulator.close();
    },
  };
}

export type Aws = Awaited<ReturnType<typeof startAws>>;

/** The error of a call that must fail, as name and message. */
export async function failure(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Error) return `${error.name}: ${error.message}`;
    throw error;
  }
  throw new Error("The call did not fail");
}
