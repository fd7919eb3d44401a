import { type Database, isUnderWay } from "../model/database.ts";
import { AwsCallError } from "../model/errors.ts";
import type { Description, Repair } from "./repair.ts";
import type { PollResult } from "./workflow.ts";

/** A day, because nothing else turns management on, and the cause of a refusal may be fixed meanwhile. */
const timeoutMinutes = 24 * 60;
/** RDS fills a new secret within a minute or two. If it takes one back, it may refuse for good. */
const fillingMinutes = 60;

/** What RDS shows after one attempt. `secretArn` is null if it shows no new secret. */
type Shown = {
  readonly secretArn: string | null;
  readonly keyReference: string | null;
  readonly status: string | null;
  readonly isGone: boolean;
  readonly why: string;
};

export type TurnedOn =
  | {
      readonly isOn: true;
      readonly secretArn: string;
      readonly keyReference: string | null;
      /** Status of the new secret; null if it could not be read. */
      readonly status: string | null;
    }
  /** `isSeen` is false if the last reads failed: management may be on. */
  | { readonly isOn: false; readonly isGone: boolean; readonly isSeen: boolean; readonly why: string };

/** The keys, in the order to try, and the secret that was turned off: while RDS still names that one, nothing is on. */
type TurnOnOptions = { readonly keys: readonly (string | null)[]; readonly oldSecretArn: string | null };

/**
 * Turns management on after it was turned off. Retries every few minutes, and with the next key if RDS refuses one, because managed with the
 * wrong key is better than not managed. If RDS takes the secret back before it is active, requests it again for another hour.
 */
export async function turnOnAgain(repair: Repair, options: TurnOnOptions): Promise<TurnedOn> {
  const { workflow, describe } = repair;
  const attempt = () => tryOnce(repair, options);
  const first = await workflow.poll("turn management on", attempt, {
    until: ({ secretArn, isGone }) => secretArn !== null || isGone,
    timeoutMinutes,
  });
  if (first.value === null || first.value.secretArn === null) return toTurnedOn(first);
  const filled = await workflow.poll(
    "wait until the new secret is active",
    async () => toShown(await describe(), options),
    {
      until: ({ secretArn, status }) => secretArn === null || status === "active",
      timeoutMinutes: fillingMinutes,
    },
  );
  if (filled.value === null) return toTurnedOn({ ...first, value: { ...first.value, status: null } });
  if (filled.value.secretArn !== null || filled.value.isGone) return toTurnedOn(filled);
  const again = await workflow.poll("turn management on again", attempt, {
    until: ({ secretArn, status, isGone }) => (secretArn !== null && !isUnderWay(status)) || isGone,
    timeoutMinutes: fillingMinutes,
  });
  return toTurnedOn(again);
}

function toTurnedOn({ value, error }: PollResult<Shown>): TurnedOn {
  const { secretArn = null, keyReference = null, status = null, isGone = false } = value ?? {};
  if (secretArn !== null) return { isOn: true, secretArn, keyReference, status };
  const why = [value?.why, error].filter((one) => one != null).join("; later reads failed: ");
  return { isOn: false, isGone, isSeen: error === null, why };
}

/** The old secret counts as none. */
function toShown({ database }: Description, { oldSecretArn }: Pick<TurnOnOptions, "oldSecretArn">): Shown {
  const none = { secretArn: null, keyReference: null, status: null, isGone: false };
  if (database === null) return { ...none, isGone: true, why: "the database is gone" };
  const { secretArn = null, kmsKeyId = null, status = null } = database.masterUserSecret ?? {};
  if (secretArn === null) return { ...none, why: "RDS names no secret" };
  if (secretArn === oldSecretArn) return { ...none, why: `RDS still names the old secret ${secretArn}` };
  return { secretArn, keyReference: kmsKeyId, status, isGone: false, why: "it is on" };
}

/** Requests management if RDS shows no secret. Only a later read counts as on. */
async function tryOnce({ aws, describe }: Repair, options: TurnOnOptions): Promise<Shown> {
  const description = await describe();
  const { database } = description;
  const shown = toShown(description, options);
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
