import type { Aws, Io } from "../../cli/io.ts";
import { answerApproval } from "../../lib/aws/answer-approval.ts";
import { createAccount } from "../../lib/aws/create-account.ts";
import { openOrganization } from "../../lib/aws/open-organization.ts";
import { openRole } from "../../lib/aws/open-role.ts";
import { publishMessages } from "../../lib/aws/publish-messages.ts";
import { createConsumers } from "../../lib/aws/read-consumers.ts";
import { createPrerequisites } from "../../lib/aws/read-prerequisites.ts";
import { createSimulation } from "../../lib/aws/simulate-permissions.ts";
import { startTimeLimit } from "../../lib/aws/time-limit.ts";
import { createSampleOrganization, sampleAccounts } from "../../simulator/organization.ts";
import { startSimulator } from "../../simulator/server.ts";
import type { Cloud } from "../../simulator/state.ts";
import { now } from "../support/builders.ts";

type SimulatedAws = {
  readonly aws: Aws;
  readonly cloud: Cloud;
  readonly endpoint: string;
  /** The cloud's clock. Sleeping advances it. */
  readonly now: Io["now"];
  readonly sleep: Io["sleep"];
  readonly close: () => Promise<void>;
};

/** Serves a cloud, by default the sample organization, on this machine. Profiles are its accounts' names; the default is staging. AWS refuses the profile `nobody`. */
export async function startSimulatedAws(
  cloud = createSampleOrganization({ now: new Date(now) }).cloud,
): Promise<SimulatedAws> {
  const { endpoint, close } = await startSimulator(cloud);
  const credentialsOf = (profile = "staging") => ({
    accessKeyId: sampleAccounts[profile as keyof typeof sampleAccounts] ?? "unknown",
    secretAccessKey: "simulated",
  });
  const aws: Aws = {
    createAccount: ({ name, profile, ...options }) =>
      createAccount({ name, endpoint, maxAttempts: 1, credentials: credentialsOf(profile), ...options }),
    openRole: ({ profile, ...options }) =>
      openRole({ endpoint, maxAttempts: 1, credentials: credentialsOf(profile), ...options }),
    openOrganization: ({ profile, ...options }) =>
      openOrganization({ endpoint, maxAttempts: 1, credentials: credentialsOf(profile), ...options }),
    startTimeLimit,
    defaultRegion: async (profile) => (profile === "production" ? "eu-central-1" : "us-east-1"),
    profileNames: async () => [...Object.keys(sampleAccounts), "nobody"],
    openTopic:
      (topicArn, { profile }) =>
      (messages) =>
        publishMessages(topicArn, messages, { endpoint, credentials: credentialsOf(profile) }),
    answerApproval: (id, answer, { region, profile }) =>
      answerApproval(id, answer, { endpoint, credentials: credentialsOf(profile), ...(region && { region }) }),
    openSimulation: async ({ profile, region = "us-east-1" }) =>
      createSimulation({ endpoint, region, maxAttempts: 1, credentials: credentialsOf(profile) }),
    openConsumers: async ({ profile, region = "us-east-1" }) =>
      createConsumers({ endpoint, region, maxAttempts: 1, credentials: credentialsOf(profile) }),
    openPrerequisites: async ({ profile, region = "us-east-1" }) =>
      createPrerequisites({ endpoint, region, maxAttempts: 1, credentials: credentialsOf(profile) }),
  };
  const sleep: Io["sleep"] = async (milliseconds, signal) => {
    signal.throwIfAborted();
    cloud.advance({ seconds: milliseconds / 1000 });
  };
  return { aws, cloud, endpoint, now: cloud.now, sleep, close };
}
