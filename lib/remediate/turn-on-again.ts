import type { Database } from "../model/database.ts";
import { AwsCallError } from "../model/errors.ts";
import type { Glimpse, Repair } from "./repair.ts";

/** Management stays off while this is tried: for a day, because nobody knows the password, and somebody may mend what is in the way. */
const timeoutMinutes = 24 * 60;

/** What one attempt came to. */
type Attempt = { readonly secretArn: string | null; readonly isGone: boolean; readonly why: string };

export type TurnedOn =
  | { readonly isOn: true; readonly secretArn: string; readonly keyReference: string | null }
  | { readonly isOn: false; readonly isGone: boolean; readonly why: string };

/** The keys in the order in which they are tried, and the secret that was turned off: while RDS still names it, nothing is on. */
type Wanted = { readonly keys: readonly (string | null)[]; readonly oldSecretArn: string | null };

/**
 * Turns management on after it was turned off, whatever it takes: every few minutes, and with the next key where one refuses, because
 * managed with the wrong key is better than not managed.
 */
export async function turnOnAgain(repair: Repair, wanted: Wanted): Promise<TurnedOn> {
  const { workflow, look } = repair;
  const { seen, error } = await workflow.poll("turn management on", () => tryOnce(repair, wanted), {
    until: ({ secretArn, isGone }) => secretArn !== null || isGone,
    timeoutMinutes,
  });
  const secretArn = seen?.secretArn ?? null;
  if (secretArn === null)
    return { isOn: false, isGone: seen?.isGone ?? false, why: seen?.why ?? error ?? "nothing could be read" };
  const active = await workflow.poll("wait until the new secret is active", look, {
    until: ({ database }: Glimpse) => database === null || database.masterUserSecret?.status === "active",
    timeoutMinutes: 60,
  });
  const secret = active.seen?.database?.masterUserSecret;
  return { isOn: true, secretArn: secret?.secretArn ?? secretArn, keyReference: secret?.kmsKeyId ?? null };
}

/** Looks, and asks RDS if it has to be asked. That it is on is believed only when a look shows it. */
async function tryOnce({ aws, look }: Repair, { keys, oldSecretArn }: Wanted): Promise<Attempt> {
  const { database } = await look();
  if (database === null) return { secretArn: null, isGone: true, why: "the database is gone" };
  const secretArn = database.masterUserSecret?.secretArn ?? null;
  if (secretArn !== null && secretArn !== oldSecretArn) return { secretArn, isGone: false, why: "it is on" };
  const notYet = (why: string): Attempt => ({ secretArn: null, isGone: false, why });
  if (secretArn !== null) return notYet(`RDS still names the old secret ${secretArn}`);
  // Only the password's own change may be applied with this: somebody else's waits for its window.
  const applyImmediately = database.pendingChanges.every((name) => name === "MasterUserPassword");
  const refusals: string[] = [];
  for (const keyReference of new Set(keys)) {
    const refusal = await ask(aws, database, { keyReference, applyImmediately });
    if (refusal === null) return notYet("RDS was asked, and does not show it yet");
    refusals.push(`${keyReference ?? "the default key"}: ${refusal.code}: ${refusal.message}`);
    if (!isAboutKey(refusal)) break;
  }
  return notYet(refusals.join("; "));
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
