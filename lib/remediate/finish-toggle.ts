import { turnOnCommand } from "../model/aws-cli.ts";
import { type Database, isSettled, isUnderWay, toggleTagKey } from "../model/database.ts";
import type { SecretSnapshot } from "../model/remediation-state.ts";
import { isOldSecret } from "../model/toggle-marker.ts";
import type { Outcome, Repair } from "./repair.ts";
import { restore } from "./restore.ts";
import { tryNotify } from "./start.ts";
import { turnOnAgain } from "./turn-on-again.ts";
import { verify } from "./verify.ts";
import { describeInactive } from "./waits.ts";

/** A toggle that has started: its tag is on the database. */
export type ToggleInProgress = {
  readonly database: Database;
  /** The value of the toggle tag. */
  readonly toggleTag: string;
  readonly keyReference: string | null;
  /** Null if unknown: an interrupted toggle without a snapshot whose management is off. */
  readonly oldSecretArn: string | null;
  /** Tells the old secret from the new one. Null if unknown: neither tag, snapshot nor RDS names the old secret. */
  readonly oldSecretSuffix: string | null;
  /** Null if there is none; then nothing of the old secret can be restored. */
  readonly secretSnapshot: SecretSnapshot | null;
};

/** The half of a toggle that must always be finished: turns management on, restores, verifies, and removes the tag. */
export async function finishToggle(repair: Repair, toggle: ToggleInProgress): Promise<Outcome> {
  const { keyReference, oldSecretArn, oldSecretSuffix, secretSnapshot } = toggle;
  const keys = [keyReference, secretSnapshot?.keyReference ?? null, null];
  const turned = await turnOnAgain(repair, { keys, oldSecretSuffix });
  // A command for people must not name a database that has the old name by now.
  const database = turned.database ?? toggle.database;
  if (!turned.isOn && turned.isGone) {
    await repair.workflow.step("delete the secret snapshot", repair.secretSnapshot.delete).catch(() => {});
    return { end: "failed", reason: "the database is gone", recovery: [] };
  }
  if (!turned.isOn)
    return turned.isSeen ? leftOff(turned.why, database, keyReference) : unknownOff(turned.why, database, keyReference);
  const { secretArn } = turned;
  const isOther = keyReference !== null && turned.keyReference !== null && turned.keyReference !== keyReference;
  const otherKey = isOther ? [`It is encrypted with ${turned.keyReference} instead of ${keyReference}.`] : [];
  const missing = secretSnapshot === null ? [noSnapshot] : [];
  const isNotified = await tryNotify(repair, "secret replaced", {
    type: "secret.replaced",
    message: ["The master password is in a new secret.", ...otherKey, ...missing].join(" "),
    secret: { before: oldSecretArn, after: secretArn },
    keyReference: turned.keyReference,
  });
  const notRestored = secretSnapshot === null ? missing : await restore(repair, secretSnapshot, secretArn);
  const reason = turned.status === "active" ? await verify(repair) : describeInactive(turned.status);
  // Until the new ARN is delivered, the tag stays so that the next execution delivers it.
  const result = isNotified ? await removeToggleTag(repair, toggle) : "kept";
  if (result === "off") return leftOff("it has taken the new secret back", database, keyReference);
  const remarks = [...otherKey, ...notRestored, ...(result === "removed" ? [] : [stillTagged])];
  if (reason === null) return { end: "repaired", remarks };
  const all = [reason, ...remarks.map((remark) => remark.replace(/\.$/, ""))];
  return { end: "failed", reason: all.join(". "), recovery: [], ...(result !== "missing" && { managed: true }) };
}

function leftOff(why: string, database: Database, keyReference: string | null): Outcome {
  const reason = `management is off, the master password is unknown, and RDS does not turn management on: ${why}`;
  return { end: "failed", reason, recovery: [turnOnCommand(database, keyReference)], managed: false };
}

/** As bad as off, because it may be off. */
function unknownOff(why: string, database: Database, keyReference: string | null): Outcome {
  const reason = `management was turned off, and whether RDS turned it on again is unknown: ${why}`;
  return { end: "failed", reason, recovery: [turnOnCommand(database, keyReference)] };
}

const noSnapshot =
  "No snapshot of the old secret exists: rotation schedule, tags and resource policy are those of a new secret.";
const stillTagged = `The tag ${toggleTagKey} is still on the database: the next repair of the database removes it.`;

/**
 * Removes the toggle tag, and the snapshot, if management is on and settled and the tag is that of this toggle. Returns "off" if management is
 * off: the tag stays for the next execution. Returns "missing" if RDS does not return the database, and "kept" if the old secret may still be
 * deleted or RDS may still take the new one back, and if a call fails. A tag of another toggle stays.
 */
export function removeToggleTag(
  { workflow, aws, describe, secretSnapshot }: Repair,
  { toggleTag, oldSecretSuffix }: Pick<ToggleInProgress, "toggleTag" | "oldSecretSuffix">,
): Promise<"removed" | "kept" | "off" | "missing"> {
  const removed = workflow.step("remove the toggle tag", async () => {
    const { database } = await describe();
    if (database === null) return "missing";
    const { arn, masterUserSecret, tags } = database;
    if (masterUserSecret === null) return "off";
    if (isUnderWay(masterUserSecret.status)) return "kept";
    if (isOldSecret(masterUserSecret.secretArn, oldSecretSuffix) && !isSettled(database)) return "kept";
    if ((tags[toggleTagKey] ?? toggleTag) === toggleTag) await aws.untagDatabase(arn, toggleTagKey);
    await secretSnapshot.delete();
    return "removed";
  });
  return removed.catch(() => "kept" as const);
}
