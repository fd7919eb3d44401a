import { UsageError } from "../../lib/model/errors.ts";
import { suggest } from "../../lib/model/nearest.ts";
import { type Aws, type AwsAccount, type Io, write } from "../io.ts";
import { programName } from "../report-failure.ts";

/**
 * Loads the ways into AWS. With DEBUG=rds-password-audit, says which pages are read by the parser of the SDK, which takes longer. First checks the settings that the SDK would refuse with a riddle, or silently
 * pass over. Throws a UsageError.
 */
export async function openAws(
  { env, loadAws, stderr }: Pick<Io, "env" | "loadAws"> & Partial<Pick<Io, "stderr">>,
  profiles: readonly string[],
): Promise<Aws> {
  checkUrls(env);
  const aws = await loadAws();
  await checkProfiles(profiles, env, aws);
  if (env.DEBUG !== programName || stderr === undefined) return aws;
  let pages = 0;
  const onFallback = () => {
    pages += 1;
    void write(stderr, `${pages} pages of databases were read by the parser of the SDK.\n`);
  };
  return {
    ...aws,
    createAccount: (options) => aws.createAccount({ ...options, onFallback }),
    openRole: (options) => aws.openRole({ ...options, onFallback }),
  };
}

/** Opens the account of an AWS profile, or of the default credentials. */
export function openAccount(
  { createAccount }: Pick<Aws, "createAccount">,
  profile?: string,
  signal?: AbortSignal,
): AwsAccount {
  return profile === undefined
    ? createAccount({ name: "the default credentials", signal })
    : createAccount({ name: `profile ${profile}`, profile, signal });
}

/** Variables that hold a URL, with an example. */
const urls: readonly [RegExp, string][] = [
  [/^AWS_ENDPOINT_URL(_|$)/, "http://127.0.0.1:4566"],
  [/^https?_proxy$/i, "http://proxy.example.com:3128"],
];

function checkUrls(env: Io["env"]): void {
  for (const [name, value] of Object.entries(env))
    for (const [pattern, example] of urls)
      if (pattern.test(name) && value && toUrl(value) === null)
        throw new UsageError(`${name} is "${value}", not a URL: set it to one, such as ${example}, or unset it.`);
}

/** Without the named profile, the SDK would try other credentials: those of the machine, for example. */
async function checkProfiles(
  given: readonly string[],
  env: Io["env"],
  { profileNames }: Pick<Aws, "profileNames">,
): Promise<void> {
  const fromEnvironment = env.AWS_PROFILE ? [env.AWS_PROFILE] : [];
  const wanted = given.length > 0 ? given : fromEnvironment;
  if (wanted.length === 0) return checkKeys(env);
  const known = await profileNames();
  for (const name of wanted)
    if (name !== "default" && !known.includes(name))
      throw new UsageError(
        `There is no AWS profile "${name}"${suggest(name, known)}: correct ${given.length > 0 ? "--profile" : "AWS_PROFILE"}; "aws configure list-profiles" lists the profiles.`,
      );
}

function checkKeys(env: Io["env"]): void {
  const [set, ...others] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].sort(
    (one, other) => Number(!env[one]) - Number(!env[other]),
  );
  const missing = others.find((name) => !env[name]);
  if (set !== undefined && env[set] && missing !== undefined)
    throw new UsageError(`${set} is set, but ${missing} is not: set both, or unset both.`);
}

/** The endpoint on this machine that answers for RDS, such as a simulated AWS; null if RDS is called elsewhere. */
export function localEndpointOf(env: Io["env"]): URL | null {
  if (env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === "true") return null;
  const url = toUrl(env.AWS_ENDPOINT_URL_RDS || env.AWS_ENDPOINT_URL || "");
  return url !== null && /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname) ? url : null;
}

function toUrl(text: string): URL | null {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) ? url : null;
}
