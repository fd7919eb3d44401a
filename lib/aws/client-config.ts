type StaticCredentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
};

/** Fetches session credentials; the SDK calls it again when they expire. */
export type CredentialProvider = () => Promise<StaticCredentials & { readonly expiration: Date }>;

/** Options of every AWS client. What is left out comes from the SDK's own configuration. */
export type ClientOptions = {
  readonly profile?: string;
  readonly region?: string;
  readonly endpoint?: string;
  readonly credentials?: StaticCredentials | CredentialProvider;
  /** Attempts of each call, including the first. Default: `AWS_MAX_ATTEMPTS`, or 6. */
  readonly maxAttempts?: number;
  /** Ends every call, with its retries. Default: only the timeout of each attempt. */
  readonly signal?: AbortSignal | undefined;
  /** A call without an answer fails after this time. Default: 30. */
  readonly requestTimeoutSeconds?: number;
};

/** The SDK's configuration: adaptive retries, bounded, and a timeout for every call. */
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
