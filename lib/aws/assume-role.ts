import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { AwsCallError } from "../model/errors.ts";
import { call } from "./call.ts";
import {
  type ClientOptions,
  type CredentialProvider,
  type SessionCredentials,
  toClientConfig,
} from "./client-config.ts";
import { withSignal } from "./time-limit.ts";

const action = "sts:AssumeRole";

/** A session that ends within this time is replaced, as the SDK does. */
const renewalMilliseconds = 5 * 60_000;

/** The caller's credentials, and what the role's trust policy requires as `sts:ExternalId`. */
type RoleOptions = ClientOptions & { readonly externalId?: string | undefined };

/**
 * Provides the credentials of a role, fetched when a client first needs them and again when they expire. All clients share one session. A
 * refusal fails the client's call.
 */
export function assumeRole(roleArn: string, options: RoleOptions = {}): CredentialProvider {
  let session: Promise<SessionCredentials> | undefined;
  let endsAt = 0;
  const fetch = async () => {
    const credentials = await fetchSession(roleArn, options);
    endsAt = credentials.expiration.getTime();
    return credentials;
  };
  return async () => {
    if (session !== undefined && endsAt - Date.now() < renewalMilliseconds) session = undefined;
    if (session === undefined) {
      endsAt = Number.POSITIVE_INFINITY;
      session = fetch();
      // The next client tries again.
      session.catch(() => {
        session = undefined;
      });
    }
    return session;
  };
}

async function fetchSession(roleArn: string, { externalId, ...options }: RoleOptions): Promise<SessionCredentials> {
  const sts = withSignal(new STSClient(toClientConfig(options)), options.signal);
  try {
    const command = new AssumeRoleCommand({
      RoleArn: roleArn,
      RoleSessionName: "rds-password-audit",
      ...(externalId === undefined ? {} : { ExternalId: externalId }),
    });
    const {
      AccessKeyId,
      SecretAccessKey,
      SessionToken: sessionToken,
      Expiration: expiration,
    } = (await call(action, sts.send(command))).Credentials ?? {};
    if (!AccessKeyId || !SecretAccessKey || !sessionToken || !expiration)
      throw new AwsCallError(action, "EmptyAnswer", `AWS STS returned no credentials for ${roleArn}`);
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken, expiration };
  } finally {
    sts.destroy();
  }
}
