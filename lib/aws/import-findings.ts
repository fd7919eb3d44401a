import { type AwsSecurityFinding, BatchImportFindingsCommand, SecurityHubClient } from "@aws-sdk/client-securityhub";
import { AwsCallError } from "../model/errors.ts";
import type { Refused } from "../model/topic-message.ts";
import { toBatches } from "./batches.ts";
import { call } from "./call.ts";
import { type ClientOptions, toClientConfig } from "./client-config.ts";
import { type Delivery, deliver, pauseAfter, settleDeliveries } from "./deliver.ts";

/** Of one call. Source: https://docs.aws.amazon.com/securityhub/latest/partnerguide/guidelines-batchimportfindings.html */
const maxFindings = 100;
const maxBytes = 6_000_000;

const action = "securityhub:BatchImportFindings";

/** Whose credentials they are: Security Hub takes from an account only findings about that account. */
export type ImportOptions = Omit<ClientOptions, "region"> & { readonly account: string };

/**
 * Imports findings into Security Hub, each into the Region of its `ProductArn`, and answers with those that it did not take; importing
 * one twice does no harm. Throws an AwsCallError where a call failed and no finding was taken.
 */
export async function importFindings(
  findings: readonly AwsSecurityFinding[],
  { account, ...options }: ImportOptions,
): Promise<readonly Refused[]> {
  const foreign = findings.filter(({ AwsAccountId }) => AwsAccountId !== account);
  const own = findings.filter(({ AwsAccountId }) => AwsAccountId === account);
  const regions = [...new Set(own.map(regionOf))];
  const deliveries = await Promise.all(
    regions.map((region) =>
      importInto(
        own.filter((finding) => regionOf(finding) === region),
        region,
        account,
        options,
      ),
    ),
  );
  const turnedAway = foreign.map((finding) => ({
    id: idOf(finding),
    reason: `it is about account ${finding.AwsAccountId}, and Security Hub takes it only from that account, not from ${account}`,
  }));
  return [...turnedAway, ...settleDeliveries(deliveries)];
}

async function importInto(
  findings: readonly AwsSecurityFinding[],
  region: string,
  account: string,
  options: ClientOptions,
): Promise<Delivery> {
  const client = new SecurityHubClient({ ...toClientConfig(options), region });
  try {
    const batches = toBatches(findings, { maxItems: maxFindings, maxBytes, sizeOf });
    return await deliver(batches, { action, toId: idOf, send: (batch) => importBatch(client, batch, region, account) });
  } finally {
    client.destroy();
  }
}

/** One call, and one more for those of its findings that were refused. */
async function importBatch(
  client: SecurityHubClient,
  batch: readonly AwsSecurityFinding[],
  region: string,
  account: string,
): Promise<readonly Refused[]> {
  const send = async (Findings: readonly AwsSecurityFinding[]): Promise<readonly Refused[]> => {
    const command = new BatchImportFindingsCommand({ Findings: [...Findings] });
    const { FailedFindings = [], FailedCount = 0 } = await call(action, client.send(command)).catch(
      (error: unknown) => {
        throw error instanceof AwsCallError && isNotEnabled(error.code) ? notEnabled(region, account) : error;
      },
    );
    if (FailedFindings.length === Findings.length && FailedFindings.every(({ ErrorCode }) => isNotEnabled(ErrorCode)))
      throw notEnabled(region, account);
    const refused = FailedFindings.map(({ Id = "", ErrorCode, ErrorMessage }) => ({
      id: Id,
      reason: `${ErrorCode}: ${ErrorMessage}`,
    }));
    if (FailedCount <= refused.length) return refused;
    return Findings.map((finding) => ({
      id: idOf(finding),
      reason: "Security Hub did not say which findings it refused",
    }));
  };
  const refused = await send(batch);
  if (refused.length === 0) return [];
  await pauseAfter(1);
  const ids = new Set(refused.map(({ id }) => id));
  // Some findings are imported by now: that the second call failed must not look as if none were.
  return send(batch.filter((finding) => ids.has(idOf(finding)))).catch(() => refused);
}

/** As an error, or with each finding: AWS documents both. */
function isNotEnabled(code: string | undefined): boolean {
  return code === "InvalidAccess" || code === "InvalidAccessException";
}

function notEnabled(region: string, account: string): AwsCallError {
  return new AwsCallError(
    action,
    "InvalidAccessException",
    `Security Hub CSPM is not enabled in ${region} of account ${account}: enable it there, or deploy the service without Security Hub`,
  );
}

function idOf({ Id = "" }: AwsSecurityFinding): string {
  return Id;
}

function regionOf({ ProductArn = "" }: AwsSecurityFinding): string {
  const [, , service, region = ""] = ProductArn.split(":");
  if (service !== "securityhub" || region === "")
    throw new Error(`"${ProductArn}" is not the ARN of a Security Hub product`);
  return region;
}

function sizeOf(finding: AwsSecurityFinding): number {
  return new TextEncoder().encode(JSON.stringify(finding)).length;
}
