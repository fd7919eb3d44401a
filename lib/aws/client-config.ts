import { defaultProvider } from "@aws-sdk/credential-provider-node";

type StaticCredentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
};

/** Fetches session credentials; the SDK calls it again when they expire. */
export type CredentialProvider = () => Promise<SessionCredentials>;

/** Credentials of a session, and when it ends. */
export type SessionCredentials = StaticCredentials & { readonly expiration: Date };

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

/** The SDK's configuration: adaptive retries, bounded, a timeout for every call, and the proxy of the environment (`HTTPS_PROXY`, `NO_PROXY`). */
export function toClientConfig(options: ClientOptions) {
  const { profile, region, endpoint, credentials, maxAttempts, requestTimeoutSeconds = 30 } = options;
  const proxyEnv = toProxyEnv(process.env);
  const requestHandler = {
    connectionTimeout: 5_000,
    requestTimeout: requestTimeoutSeconds * 1_000,
    throwOnRequestTimeout: true,
    // The SDK creates agents of its own, which know no proxy unless they are told.
    httpAgent: { proxyEnv },
    httpsAgent: { proxyEnv },
  };
  // The SDK creates clients of its own for credentials, such as those of IAM Identity Center.
  const clientConfig = { requestHandler };
  return {
    retryMode: "adaptive",
    maxAttempts: maxAttempts ?? (Number(process.env.AWS_MAX_ATTEMPTS) || 6),
    requestHandler,
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    credentialDefaultProvider: (init: object) => defaultProvider({ ...init, clientConfig }),
    // Without a fallback to the credentials of the machine, which would hide why the profile has none.
    ...(profile === undefined ? {} : { profile, credentials: fromProfile(profile, clientConfig) }),
    ...(credentials === undefined ? {} : { credentials }),
  };
}

/** Loaded when it is needed, because the functions have no profile. */
function fromProfile(profile: string, clientConfig: object) {
  return async (options?: object) =>
    (await import("@aws-sdk/credential-provider-ini")).fromIni({ profile, clientConfig })(options);
}

/** This machine is never behind the proxy: an emulator of AWS, for example. */
const localHosts = ["localhost", "127.0.0.1", "::1"];

/** The proxy settings of an environment, in lower or upper case, as Node.js reads them. */
function toProxyEnv(env: NodeJS.ProcessEnv) {
  const direct = [env.no_proxy || env.NO_PROXY || [], localHosts].flat().join(",");
  return { ...env, NO_PROXY: direct, no_proxy: direct };
}
