type StaticCredentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
};

/** Gets the credentials of a session; the SDK asks again when they expire. */
export type CredentialProvider = () => Promise<StaticCredentials & { readonly expiration: Date }>;

/** How any AWS client is made. What is not given is left to the SDK's own configuration. */
export type ClientOptions = {
  readonly profile?: string;
  readonly region?: string;
  readonly endpoint?: string;
  readonly credentials?: StaticCredentials | CredentialProvider;
  /** Attempts of each call, the first included; throttled calls wait longer each time. */
  readonly maxAttempts?: number;
  /** After how long a call that nobody answers counts as failed. */
  readonly requestTimeoutSeconds?: number;
};

/** The SDK's configuration: retries that are bounded and slow down, and no call that waits for ever. */
export function toClientConfig(options: ClientOptions) {
  const { profile, region, endpoint, credentials, maxAttempts, requestTimeoutSeconds = 30 } = options;
  return {
    retryMode: "adaptive",
    maxAttempts: maxAttempts ?? (Number(process.env.AWS_MAX_ATTEMPTS) || 6),
    requestHandler: {
      connectionTimeout: 5_000,
      requestTimeout: requestTimeoutSeconds * 1_000,
      throwOnRequestTimeout: true,
    },
    ...(profile === undefined ? {} : { profile }),
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  };
}
