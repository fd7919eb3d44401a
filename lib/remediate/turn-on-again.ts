import { type Database, isUnderWay } from "../model/database.ts";
import { AwsCallError } from "../model/errors.ts";
import { isOldSecret } from "../model/toggle-marker.ts";
import type { Description, Repair } from "./repair.ts";
import { isGone } from "./waits.ts";
import type { PollResult } from "./workflow.ts";

/** A day, because nothing else turns management on, and the cause of a refusal may be fixed meanwhile. */
const timeoutMinutes = 24 * 60;
/** RDS fills a new secret within a minute or two. If it takes one back, it may refuse for good. */
const fillingMinutes = 60;

/** What RDS shows after one attempt. `secretArn` is null if it shows no new secret. */
type Shown = Pick<Description, "missing"> & {
  /** As last returned; null if it never was. */
  readonly database: Database | null;
  readonly secretArn: string | null;
  readonly keyReference: string | null;
  readonly status: string | null;
  readonly why: string;
};

/** `database` is as last returned, under its present name; null if it never was. */
export type TurnedOn = { readonly database: Database | null } & (
  | {
      readonly isOn: true;
      readonly secretArn: string;
      readonly keyReference: string | null;
      /** Status of the new secret; null if it could not be read. */
      readonly status: string | null;
    }
  /** `isSeen` is false if the last reads failed: management may be on. */
  | { readonly isOn: false; readonly isGone: boolean; readonly isSeen: boolean; readonly why: string }
);

/** The keys, in the order to try, and the suffix of the old secret: while RDS still names that one, nothing is on. */
type TurnOnOptions = { readonly keys: readonly (string | null)[]; readonly oldSecretSuffix: string | null };

/**
 * Turns management on after it was turned off. Retries every few minutes, and with the next key if RDS refuses one, because managed with the
 * wrong key is better than not managed. If RDS takes the secret back before it is active, requests it again for another hour.
 */
export async function turnOnAgain(repair: Repair, options: TurnOnOptions): Promise<TurnedOn> {
  const { workflow, describe } = repair;
  const attempt = (last: Shown | null) => tryOnce(repair, last, options);
  const describeAgain = async (last: Shown | null) => toShown(await describe(last), last, options);
  const first = await workflow.poll("turn management on", attempt, {
    until: (shown) => shown.secretArn !== null || isGone(shown),
    timeoutMinutes,
  });
  if (first.value === null || first.value.secretArn === null) return toTurnedOn(first);
  const filled = await workflow.poll("wait until the new secret is active", describeAgain, {
    until: (shown) => isGone(shown) || shown.status === "active" || (shown.secretArn === null && shown.missing === 0),
    timeoutMinutes: fillingMinutes,
  });
  if (filled.value === null) return toTurnedOn({ ...first, value: { ...first.value, status: null } });
  if (filled.value.secretArn !== null || isGone(filled.value)) return toTurnedOn(filled);
  const again = await workflow.poll("turn management on again", attempt, {
    until: (shown) => (shown.secretArn !== null && !isUnderWay(shown.status)) || isGone(shown),
    timeoutMinutes: fillingMinutes,
  });
  return toTurnedOn(again);
}

function toTurnedOn({ value, error }: PollResult<Shown>): TurnedOn {
  const { database = null, missing = 0, secretArn = null, keyReference = null, status = null } = value ?? {};
  if (secretArn !== null) return { isOn: true, database, secretArn, keyReference, status };
  const why = [value?.why, error].filter((one) => one != null).join("; later reads failed: ");
  return { isOn: false, database, isGone: isGone({ missing }), isSeen: error === null && missing === 0, why };
}

/** The old secret counts as none. */
function toShown({ database, missing }: Description, last: Shown | null, { oldSecretSuffix }: TurnOnOptions): Shown {
  const none = { database, missing, secretArn: null, keyReference: null, status: null };
  if (database === null) return { ...none, database: last?.database ?? null, why: "RDS does not return the database" };
  const { secretArn = null, kmsKeyId = null, status = null } = database.masterUserSecret ?? {};
  if (secretArn === null) return { ...none, why: "RDS names no secret" };
  if (isOldSecret(secretArn, oldSecretSuffix)) return { ...none, why: `RDS still names the old secret ${secretArn}` };
  return { database, missing, secretArn, keyReference: kmsKeyId, status, why: "it is on" };
}

/** Requests management if RDS shows no secret. Only a later read counts as on. */
async function tryOnce({ aws, describe }: Repair, last: Shown | null, options: TurnOnOptions): Promise<Shown> {
  const description = await describe(last);
  const { database } = description;
  const shown = toShown(description, last, options);
  if (database === null || (database.masterUserSecret?.secretArn ?? null) !== null) return shown;
  // ApplyImmediately applies everything that is pending, and only the password is ours to apply.
  const applyImmediately = database.pendingChanges.every((name) => name === "MasterUserPassword");
  const refusals: string[] = [];
  for (const keyReference of new Set(options.keys)) {
    const refusal = await requestOn(aws, database, { keyReference, applyImmediately });
    if (refusal === null) return { ...shown, why: "RDS accepted the request but does not show a secret yet" };
    refusals.push(`${keyReference ?? "the default key"}: ${refusal.code}: ${refusal.message}`);
    if (!isAboutKey(refusal)) break;
  }
  return { ...shown, why: refusals.join("; ") };
}

/** Returns the refusal of RDS, or null. */
async function requestOn(
  aws: Repair["aws"],
  database: Database,
  options: Parameters<Repair["aws"]["turnOn"]>[1],
): Promise<AwsCallError | null> {
  try {
    await aws.turnOn(database, options);
    return null;
  } catch (error) {
    if (error instanceof AwsCallError) return error;
    throw error;
  }
}

/** True if another key may work: RDS refuses this one, or the caller may not use it. */
function isAboutKey({ code, message }: AwsCallError): boolean {
  return code.startsWith("KMS") || /kms/i.test(message);
}
