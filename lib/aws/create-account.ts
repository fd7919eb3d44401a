import { AccountClient, paginateListRegions } from "@aws-sdk/client-account";
import { KMSClient } from "@aws-sdk/client-kms";
import { RDSClient } from "@aws-sdk/client-rds";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { parseArn } from "../model/arn.ts";
import { AccessError } from "../model/errors.ts";
import { pages, toCode, toMessage } from "./call.ts";
import { type ClientOptions, toClientConfig } from "./client-config.ts";
import { createRegion } from "./create-region.ts";
import { createRepairs } from "./create-repairs.ts";
import { withSignal } from "./time-limit.ts";
import type { RegionScope } from "./to-database.ts";

/** The credentials to use; each method names its Region. */
export type AccountOptions = Omit<ClientOptions, "region"> & {
  /** What messages call the credentials. */
  readonly name: string;
};

/** Default Region for STS and the Account Management API, which answer in every Region of a partition. */
const fallbackRegion = "us-east-1";

/** Opens an account: the caller's identity, the enabled Regions, and a port for each Region. */
export function createAccount(options: AccountOptions) {
  const config = toClientConfig(options);
  const homeRegion = async () => (await defaultRegion(options.profile)) ?? fallbackRegion;

  return {
    name: options.name,
    async identify(region?: string): Promise<{ account: string; partition: string; arn: string }> {
      const sts = withSignal(new STSClient({ ...config, region: region ?? (await homeRegion()) }), options.signal);
      try {
        const { Account, Arn } = await sts.send(new GetCallerIdentityCommand({}));
        if (Account === undefined) throw new Error("AWS STS returned no account");
        const arn = Arn ?? `account ${Account}`;
        return { account: Account, partition: parseArn(Arn ?? "")?.partition ?? "aws", arn };
      } catch (error) {
        throw new AccessError(explain(options, error), { cause: error });
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
      const clients = {
        rds: withSignal(new RDSClient(regional), options.signal),
        secrets: withSignal(new SecretsManagerClient(regional), options.signal),
        kms: withSignal(new KMSClient(regional), options.signal),
      };
      return { ...createRegion(scope, clients), ...createRepairs(clients) };
    },
  };
}

const expired = ["ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenProviderError"];
const refused = ["InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidAccessKeyId"];
const unreachable = /ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|TimeoutError/;

/** Why an account cannot be opened, and what to do. */
function explain({ name, profile }: AccountOptions, error: unknown): string {
  const code = toCode(error);
  const message = toMessage(error);
  const login = `aws sso login${profile === undefined ? "" : ` --profile ${profile}`}`;
  if (expired.includes(code) || /expired|invalid_grant/i.test(message))
    return `The AWS session of ${name} has expired: log in again, for instance with "${login}".`;
  if (code === "CredentialsProviderError")
    return `There are no AWS credentials${profile === undefined ? "" : ` for profile ${profile}`} (${message.replace(/\.$/, "")}): log in with "${login}", or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`;
  if (refused.includes(code))
    return `AWS refuses the credentials of ${name} (${code}): check the access key ID and the secret access key.`;
  if (unreachable.test(`${code} ${message}`))
    return `AWS cannot be reached for ${name} (${message === "" ? code : message}): check the network, a proxy, and AWS_ENDPOINT_URL if it is set.`;
  return `AWS STS could not identify ${name} (${code}: ${message}).`;
}

/** The Region of the SDK's own configuration (environment, profile); null if it has none. */
export async function defaultRegion(profile?: string): Promise<string | null> {
  try {
    return await new STSClient(profile === undefined ? {} : { profile }).config.region();
  } catch {
    return null;
  }
}
