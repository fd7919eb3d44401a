import { AccountClient, paginateListRegions } from "@aws-sdk/client-account";
import { KMSClient } from "@aws-sdk/client-kms";
import { RDSClient } from "@aws-sdk/client-rds";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { AccessError } from "../model/errors.ts";
import { pages, toCode } from "./call.ts";
import { type ClientOptions, toClientConfig } from "./client-config.ts";
import { createRegion } from "./create-region.ts";
import { createRepairs } from "./create-repairs.ts";
import type { Scope } from "./to-database.ts";

/** Whose credentials to use, and how; the Region is named by each method. */
export type AccountOptions = Omit<ClientOptions, "region"> & {
  /** How messages call the credentials. */
  readonly name: string;
};

/** STS and the account service answer in every Region of a partition; where none is configured, this one is asked. */
const fallbackRegion = "us-east-1";

/** Opens an account: who the credentials are, its Regions, and what is in each. */
export function createAccount(options: AccountOptions) {
  const config = toClientConfig(options);
  const homeRegion = async () => (await defaultRegion(options.profile)) ?? fallbackRegion;

  return {
    name: options.name,
    async identify(region?: string): Promise<{ account: string; partition: string; arn: string }> {
      const sts = new STSClient({ ...config, region: region ?? (await homeRegion()) });
      try {
        const { Account, Arn } = await sts.send(new GetCallerIdentityCommand({}));
        if (Account === undefined) throw new Error("AWS STS answered without an account");
        const arn = Arn ?? `account ${Account}`;
        return { account: Account, partition: Arn?.split(":")[1] ?? "aws", arn };
      } catch (error) {
        throw new AccessError(explain(options, error), { cause: error });
      } finally {
        sts.destroy();
      }
    },
    async listRegions(): Promise<readonly string[]> {
      const client = new AccountClient({ ...config, region: await homeRegion() });
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
    region(scope: Scope) {
      const regional = { ...config, region: scope.region };
      const clients = {
        rds: new RDSClient(regional),
        secrets: new SecretsManagerClient(regional),
        kms: new KMSClient(regional),
      };
      return { ...createRegion(scope, clients), ...createRepairs(clients) };
    },
  };
}

const expired = ["ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenProviderError"];
const refused = ["InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidAccessKeyId"];
const unreachable = [
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "TimeoutError",
];

/** One sentence: why an account cannot be entered, and what to do. */
function explain({ name, profile }: AccountOptions, error: unknown): string {
  const code = toCode(error);
  const message = error instanceof Error ? error.message.replaceAll(/\s+/g, " ").trim() : String(error);
  const login = `aws sso login${profile === undefined ? "" : ` --profile ${profile}`}`;
  if (expired.includes(code) || /expired|invalid_grant/i.test(message))
    return `The AWS session of ${name} has expired: log in again, for instance with "${login}".`;
  if (code === "CredentialsProviderError")
    return `There are no AWS credentials${profile === undefined ? "" : ` for profile ${profile}`} (${message.replace(/\.$/, "")}): log in with "${login}", or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`;
  if (refused.includes(code))
    return `AWS refuses the credentials of ${name} (${code}): check the access key and its secret.`;
  if (unreachable.includes(code) || unreachable.some((one) => message.includes(one)))
    return `AWS cannot be reached for ${name} (${message === "" ? code : message}): check the network, a proxy, and AWS_ENDPOINT_URL if it is set.`;
  return `AWS STS does not say who ${name} is (${code}: ${message}).`;
}

/** The Region that the SDK's own configuration names (environment, profile), or null. */
export async function defaultRegion(profile?: string): Promise<string | null> {
  try {
    return await new STSClient(profile === undefined ? {} : { profile }).config.region();
  } catch {
    return null;
  }
}
