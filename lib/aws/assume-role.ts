import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { AwsCallError } from "../model/errors.ts";
import { call } from "./call.ts";
import { type ClientOptions, type CredentialProvider, toClientConfig } from "./client-config.ts";

const action = "sts:AssumeRole";

/** Provides the credentials of a role, fetched when a client first needs them and again when they expire. A refusal fails the client's call. */
export function assumeRole(roleArn: string, options: ClientOptions = {}): CredentialProvider {
  return async () => {
    const sts = new STSClient(toClientConfig(options));
    try {
      const answer = sts.send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: "rds-password-audit" }));
      const {
        AccessKeyId,
        SecretAccessKey,
        SessionToken: sessionToken,
        Expiration: expiration,
      } = (await call(action, answer)).Credentials ?? {};
      if (!AccessKeyId || !SecretAccessKey || !sessionToken || !expiration)
        throw new AwsCallError(action, "EmptyAnswer", `AWS STS returned no credentials for ${roleArn}`);
      return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken, expiration };
    } finally {
      sts.destroy();
    }
  };
}
