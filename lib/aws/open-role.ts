import { parseArn } from "../model/arn.ts";
import { AwsCallError } from "../model/errors.ts";
import { assumeRole } from "./assume-role.ts";
import type { ClientOptions } from "./client-config.ts";
import { type AccountOptions, createAccount, homeRegionOf } from "./create-account.ts";

/** The role to assume, and the credentials that assume it. */
export type RoleAccountOptions = ClientOptions &
  Pick<AccountOptions, "onFallback"> & {
    readonly roleArn: string;
    /** What the role's trust policy requires as `sts:ExternalId`. */
    readonly externalId?: string | undefined;
  };

/** Opens the account of a role. All Regions share one session, which is renewed before it ends. */
export function openRole({ roleArn, externalId, profile, ...options }: RoleAccountOptions) {
  const { account = "", partition = "aws" } = parseArn(roleArn) ?? {};
  const caller = { ...options, ...(profile === undefined ? {} : { profile }) };
  let assumed: ReturnType<typeof assumeRole> | undefined;
  const credentials: ReturnType<typeof assumeRole> = async () => {
    const region = options.region ?? (await homeRegionOf(profile));
    assumed ??= assumeRole(roleArn, { ...caller, region, externalId });
    return assumed();
  };
  const { credentials: _, region: __, ...rest } = options;
  return {
    ...createAccount({ ...rest, name: account, credentials }),
    /** Those of the role, for other clients. */
    credentials,
    /** Assumes the role. Throws an AwsCallError if that is refused. */
    async identify(): Promise<{ account: string; partition: string; arn: string }> {
      try {
        await credentials();
      } catch (error) {
        if (!(error instanceof AwsCallError)) throw error;
        throw error.withMessage(explainRefusal(error, roleArn));
      }
      return { account, partition, arn: roleArn };
    },
  };
}

/** AWS STS does not say whether a role is missing, or its trust policy refuses the caller or the external ID. */
function explainRefusal({ code, message }: AwsCallError, roleArn: string): string {
  if (!/^AccessDenied/.test(code)) return `The role ${roleArn} cannot be assumed (${code}: ${message})`;
  return `The role ${roleArn} cannot be assumed: it does not exist, or its trust policy requires another principal or external ID (${message})`;
}
