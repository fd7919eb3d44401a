import { isAccessDenied } from "../model/errors.ts";
import { toCallError, unreadableAnswer } from "./call.ts";

/** What messages call the credentials, and their profile. */
type Caller = { readonly name: string; readonly profile?: string };

const expired = ["ExpiredToken", "ExpiredTokenException", "TokenProviderError"];
const refused = ["InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidAccessKeyId"];
const unreachable =
  /ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|TimeoutError|DeadlineExceeded|ERR_PROXY_TUNNEL/;

/** Errors of a request whose date is not that of AWS. */
const clockSkewed = ["RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"];
const clockMessage = /signature (expired|not yet current)/i;

/** Certificates that Node.js does not trust: those of a company's proxy, which reads the traffic. */
const untrusted =
  /SELF_SIGNED_CERT|UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT)|self-signed certificate|unable to (get local issuer|verify)/;

/** Why an account cannot be opened, and what to do. */
export function explainAccessError({ name, profile }: Caller, error: unknown): string {
  const { code, message, isTransient } = toCallError("sts:GetCallerIdentity", error);
  const profileOption = profile === undefined ? "" : ` --profile ${profile}`;
  const login = `aws sso login${profileOption}`;
  if (clockSkewed.includes(code) || clockMessage.test(message))
    return `AWS refuses the request of ${name}, because the clock of this machine is wrong (${message.replace(/\.$/, "")}): set the clock.`;
  if (/multi-factor|MFA/.test(message))
    return `The role of ${name} requires multi-factor authentication (MFA), which this program cannot ask for: get a session with "aws configure export-credentials${profileOption} --format env", set the variables that it prints, and run without --profile.`;
  if (expired.includes(code) || /expired|invalid_grant/i.test(message))
    return `The AWS session of ${name} has expired: log in again, for instance with "${login}".`;
  if (code === "CredentialsProviderError") {
    const reason = message.replace(/\.$/, "");
    if (profile === undefined)
      return `There are no AWS credentials (${reason}): log in with "${login}", or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`;
    const remedy = /sso (session|login)/i.test(message)
      ? `log in with "${login}"`
      : "correct the profile in the AWS configuration files";
    return `There are no AWS credentials for profile ${profile} (${reason}): ${remedy}.`;
  }
  if (refused.includes(code))
    return `AWS refuses the credentials of ${name} (${code}): check the access key ID and the secret access key.`;
  if (unreachable.test(`${code} ${message}`))
    return `AWS cannot be reached for ${name} (${message}): check the network, the proxy (HTTPS_PROXY, NO_PROXY), and AWS_ENDPOINT_URL if it is set.`;
  if (untrusted.test(`${code} ${message}`))
    return `The certificate that AWS shows to ${name} is not trusted (${message}): if a proxy of your company reads the traffic, set NODE_EXTRA_CA_CERTS to the file with its certificate authority.`;
  if (/sts:AssumeRole/.test(message))
    return `The credentials of ${name} may not assume its role (${message}): allow sts:AssumeRole, and check the trust policy of the role.`;
  if (isAccessDenied({ code }))
    return `AWS STS denies the call of ${name} (${message}): the call needs no permission, so check the policy of the VPC endpoint for STS.`;
  if (isTransient)
    return `AWS STS did not answer ${name} after several attempts (${code}: ${message}): try again in some minutes.`;
  if (code === "EmptyAnswer" || code === unreadableAnswer)
    return `Something other than AWS STS answered ${name}, such as the sign-in page of a proxy: check the network, the proxy (HTTPS_PROXY, NO_PROXY), and AWS_ENDPOINT_URL if it is set.`;
  return `AWS STS could not identify ${name} (${code}: ${message}).`;
}
