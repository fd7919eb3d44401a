import { type Database, isUnderWay } from "../model/database.ts";
import { AwsCallError } from "../model/errors.ts";
import type { Description, Repair } from "./repair.ts";
import type { Polled } from "./workflow.ts";

/** Management stays off while this is tried: for a day, because nobody knows the password, and somebody may mend what is in the way. */
const timeoutMinutes = 24 * 60;
/** RDS fills a new secret within a minute or two; what it takes back, it may refuse for good. */
const fillingMinutes = 60;

/** What one attempt came to: the new secret as RDS names it, without an ARN where it names none. */
type Attempt = {
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
      /** That of the new secret; null where it could not be read any more. */
      readonly status: string | null;
    }
  /** `isSeen` is false where the last looks failed: then it may be on. */
  | { readonly isOn: false; readonly isGone: boolean; readonly isSeen: boolean; readonly why: string };

/** The keys in the order in which they are tried, and the secret that was turned off: while RDS still names it, nothing is on. */
type Wanted = { readonly keys: readonly (string | null)[]; readonly oldSecretArn: string | null };

/**
 * Turns management on after it was turned off, whatever it takes: every few minutes, and with the next key where one refuses, because
 * managed with the wrong key is better than not managed. What RDS takes back before it is active is asked for again, for another hour.
 */
export async function turnOnAgain(repair: Repair, wanted: Wanted): Promise<TurnedOn> {
  const { workflow, describe } = repair;
  const attempt = () => tryOnce(repair, wanted);
  const first = await workflow.poll("turn management on", attempt, {
    until: ({ secretArn, isGone }) => secretArn !== null || isGone,
    timeoutMinutes,
  });
  if (first.seen === null || first.seen.secretArn === null) return toTurnedOn(first);
  const shown = await workflow.poll(
    "wait until the new secret is active",
    async () => toAttempt(await describe(), wanted),
    {
      until: ({ secretArn, status }) => secretArn === null || status === "active",
      timeoutMinutes: fillingMinutes,
    },
  );
  if (shown.seen === null) return toTurnedOn({ ...first, seen: { ...first.seen, status: null } });
  if (shown.seen.secretArn !== null || shown.seen.isGone) return toTurnedOn(shown);
  const again = await workflow.poll("turn management on again", attempt, {
    until: ({ secretArn, status, isGone }) => (secretArn !== null && !isUnderWay(status)) || isGone,
    timeoutMinutes: fillingMinutes,
  });
  return toTurnedOn(again);
}

function toTurnedOn({ seen, error }: Polled<Attempt>): TurnedOn {
  const { secretArn = null, keyReference = null, status = null, isGone = false } = seen ?? {};
  if (secretArn === null) {
    const why = [seen?.why, error].filter((one) => one != null).join("; then nothing could be read: ");
    return { isOn: false, isGone, isSeen: error === null, why };
  }
  return { isOn: true, secretArn, keyReference, status };
}

/** What a look shows. The old secret counts as none. */
function toAttempt({ database }: Description, { oldSecretArn }: Pick<Wanted, "oldSecretArn">): Attempt {
  const none = { secretArn: null, keyReference: null, status: null, isGone: false };
  if (database === null) return { ...none, isGone: true, why: "the database is gone" };
  const { secretArn = null, kmsKeyId = null, status = null } = database.masterUserSecret ?? {};
  if (secretArn === null) return { ...none, why: "RDS names no secret" };
  if (secretArn === oldSecretArn) return { ...none, why: `RDS still names the old secret ${secretArn}` };
  return { secretArn, keyReference: kmsKeyId, status, isGone: false, why: "it is on" };
}

/** Looks, and asks RDS if it has to be asked. That it is on is believed only when a look shows it. */
async function tryOnce({ aws, describe }: Repair, wanted: Wanted): Promise<Attempt> {
  const description = await describe();
  const { database } = description;
  const shown = toAttempt(description, wanted);
  if (database === null || (database.masterUserSecret?.secretArn ?? null) !== null) return shown;
  // Only the password's own change may be applied with this: somebody else's waits for its window.
  const applyImmediately = database.pendingChanges.every((name) => name === "MasterUserPassword");
  const refusals: string[] = [];
  for (const keyReference of new Set(wanted.keys)) {
    const refusal = await ask(aws, database, { keyReference, applyImmediately });
    if (refusal === null) return { ...shown, why: "RDS was asked, and does not show it yet" };
    refusals.push(`${keyReference ?? "the default key"}: ${refusal.code}: ${refusal.message}`);
    if (!isAboutKey(refusal)) break;
  }
  return { ...shown, why: refusals.join("; ") };
}

/** Null where RDS takes the request, else what it says. */
async function ask(
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

/** Whether another key may do: RDS refuses this one, or does not let the caller use it. */
function isAboutKey({ code, message }: AwsCallError): boolean {
  return code.startsWith("KMS") || /kms/i.test(message);
}
