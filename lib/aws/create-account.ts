import { AccountClient, paginateListRegions } from "@aws-sdk/client-account";
import { KMSClient } from "@aws-sdk/client-kms";
import { RDSClient } from "@aws-sdk/client-rds";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { parseArn } from "../model/arn.ts";
import { AccessError, AwsCallError } from "../model/errors.ts";
import { pages } from "./call.ts";
import { type ClientOptions, toClientConfig } from "./client-config.ts";
import { createRegion, type RegionClients } from "./create-region.ts";
import { createRepairs } from "./create-repairs.ts";
import { explainAccessError } from "./explain-access-error.ts";
import { createRdsProtocol } from "./rds-protocol.ts";
import { withSignal } from "./time-limit.ts";
import type { RegionScope } from "./to-database.ts";

/** The credentials to use; each method names its Region. */
export type AccountOptions = Omit<ClientOptions, "region"> & {
  /** What messages call the credentials. */
  readonly name: string;
  /** Called for each page of databases that the fast reader leaves to the parser of the SDK. */
  readonly onFallback?: (() => void) | undefined;
};

/** Default Region for STS and the Account Management API, which answer in every Region of a partition. */
const fallbackRegion = "us-east-1";

/** Opens an account: the caller's identity, the enabled Regions, and a port for each Region. */
export function createAccount(options: AccountOptions) {
  const config = toClientConfig(options);
  const homeRegion = () => homeRegionOf(options.profile);

  return {
    name: options.name,
    async identify(region?: string): Promise<{ account: string; partition: string; arn: string }> {
      const sts = withSignal(new STSClient({ ...config, region: region ?? (await homeRegion()) }), options.signal);
      try {
        const { Account, Arn } = await sts.send(new GetCallerIdentityCommand({}));
        if (Account === undefined)
          throw new AwsCallError("sts:GetCallerIdentity", "EmptyAnswer", "the answer names no account");
        const arn = Arn ?? `account ${Account}`;
        return { account: Account, partition: parseArn(Arn ?? "")?.partition ?? "aws", arn };
      } catch (error) {
        throw new AccessError(explainAccessError(options, error), { cause: error });
      } finally {
        sts.destroy();
      }
    },
    async listRegions(): Promise<readonly string[]> {
      const client = withSignal(new AccountClient({ ...config, region: await homeRegion() }), options.signal);
      const paginator = paginateListRegions({ client }, { RegionOptStatusContains: ["ENABLED", "ENABLED_BY_DEFAULT"] });
      try {
        const names: string[] = [];
        for await (const page of pages("account:ListRegions", paginator, ({ Regions }) => Regions))
          names.push(...page.flatMap(({ RegionName }) => RegionName ?? []));
        return names.sort();
      } finally {
        client.destroy();
      }
    },
    region(scope: RegionScope) {
      const regional = { ...config, region: scope.region };
      const clients: RegionClients = {
        rds: withSignal(
          new RDSClient({ ...regional, protocol: createRdsProtocol(options.onFallback) }),
          options.signal,
        ),
        secrets: withSignal(new SecretsManagerClient(regional), options.signal),
        kms: withSignal(new KMSClient(regional), options.signal),
      };
      // It copies each answer for a log that is not written.
      for (const client of [clients.rds, clients.secrets]) client.middlewareStack.remove("loggerMiddleware");
      const close = () => {
        for (const client of Object.values(clients)) client.destroy();
      };
      return { ...createRegion(scope, clients), ...createRepairs(clients), close };
    },
  };
}

/** The Region for calls that no Region is named for: the configured one, else one that answers for the partition `aws`. */
export async function homeRegionOf(profile?: string): Promise<string> {
  return (await defaultRegion(profile)) ?? fallbackRegion;
}

/** The Region of the SDK's own configuration (environment, profile); null if it has none. */
export async function defaultRegion(profile?: string): Promise<string | null> {
  try {
    return await new STSClient(profile === undefined ? {} : { profile }).config.region();
  } catch {
    return null;
  }
}
