import { type AwsSecurityFinding, BatchImportFindingsCommand, SecurityHubClient } from "@aws-sdk/client-securityhub";
import { parseArn } from "../model/arn.ts";
import { AwsCallError } from "../model/errors.ts";
import type { Refused } from "../model/topic-message.ts";
import { backOff } from "../storage/back-off.ts";
import { call } from "./call.ts";
import { type ClientOptions, toClientConfig } from "./client-config.ts";
import { deliver, settleDeliveries } from "./deliver.ts";
import { withSignal } from "./time-limit.ts";

/** Limits of one call. Source: https://docs.aws.amazon.com/securityhub/latest/partnerguide/guidelines-batchimportfindings.html */
const maxFindings = 100;
const maxBytes = 6_000_000;

/** Before the second call for findings that were refused. */
const pauseMilliseconds = 100;

const sizeOf = (finding: AwsSecurityFinding) => Buffer.byteLength(JSON.stringify(finding));

const action = "securityhub:BatchImportFindings";

export type ImportOptions = Omit<ClientOptions, "region"> & {
  /** The account of the credentials: Security Hub accepts from an account only findings about that account. */
  readonly account: string;
  /** After this, no further call is made, and the rest is refused. */
  readonly stop?: AbortSignal | undefined;
};

/**
 * Imports findings into Security Hub, each in the Region of its `ProductArn`, and returns the refused ones. Importing a finding twice is
 * harmless. Throws an AwsCallError if a call failed and no finding was accepted.
 */
export async function importFindings(
  findings: readonly AwsSecurityFinding[],
  { account, stop, ...options }: ImportOptions,
): Promise<readonly Refused[]> {
  const foreign = findings.filter(({ AwsAccountId }) => AwsAccountId !== account);
  const own = findings.filter(({ AwsAccountId }) => AwsAccountId === account);
  const deliveries = await Promise.all(
    [...Map.groupBy(own, regionOf)].map(async ([region, ofRegion]) => {
      const client = withSignal(new SecurityHubClient({ ...toClientConfig(options), region }), options.signal);
      const send = (batch: readonly AwsSecurityFinding[]) => importBatch(client, batch, region, account);
      const limits = { maxItems: maxFindings, maxBytes, sizeOf };
      const delivery = deliver(ofRegion, { ...limits, action, toId: idOf, stop, send });
      return delivery.finally(() => client.destroy());
    }),
  );
  const turnedAway = foreign.map((finding) => ({
    id: idOf(finding),
    reason: `it is about account ${finding.AwsAccountId}, and Security Hub accepts it only from that account, not from ${account}`,
  }));
  return [...turnedAway, ...settleDeliveries(deliveries)];
}

/** Makes one call, and a second one for the refused findings. */
async function importBatch(
  client: SecurityHubClient,
  batch: readonly AwsSecurityFinding[],
  region: string,
  account: string,
): Promise<readonly Refused[]> {
  const send = async (Findings: readonly AwsSecurityFinding[]): Promise<readonly Refused[]> => {
    const command = new BatchImportFindingsCommand({ Findings: [...Findings] });
    const answer = call(action, client.send(command)).catch((error: AwsCallError) => {
      throw isNotEnabled(error.code) ? notEnabled(region, account) : error;
    });
    const { FailedFindings = [], FailedCount = 0 } = await answer;
    if (FailedFindings.length === Findings.length && FailedFindings.every(({ ErrorCode }) => isNotEnabled(ErrorCode)))
      throw notEnabled(region, account);
    const refused = FailedFindings.map(({ Id = "", ErrorCode, ErrorMessage }) => ({
      id: Id,
      reason: `${ErrorCode}: ${ErrorMessage}`,
    }));
    if (FailedCount <= refused.length) return refused;
    const reason = "Security Hub refused some findings without naming them";
    return Findings.map((finding) => ({ id: idOf(finding), reason }));
  };
  const refused = await send(batch);
  if (refused.length === 0) return [];
  await backOff(1, pauseMilliseconds);
  const ids = new Set(refused.map(({ id }) => id));
  // Some findings are imported already: if the second call fails, only the refused ones are.
  return send(batch.filter((finding) => ids.has(idOf(finding)))).catch(() => refused);
}

/** AWS documents both: an error, and a code with each finding. */
function isNotEnabled(code: string | undefined): boolean {
  return code === "InvalidAccess" || code === "InvalidAccessException";
}

function notEnabled(region: string, account: string): AwsCallError {
  return new AwsCallError(
    action,
    "InvalidAccessException",
    `Security Hub CSPM is not enabled in ${region} of account ${account}. Enable it there, or deploy the service without Security Hub`,
  );
}

function idOf({ Id = "" }: AwsSecurityFinding): string {
  return Id;
}

function regionOf({ ProductArn = "" }: AwsSecurityFinding): string {
  const arn = parseArn(ProductArn);
  if (arn?.service !== "securityhub" || arn.region === "")
    throw new Error(`"${ProductArn}" is not the ARN of a Security Hub product`);
  return arn.region;
}
