import { turnOnCommand } from "../model/aws-cli.ts";
import { type Database, isSettled, isUnderWay, toggleTagKey } from "../model/database.ts";
import type { SecretSnapshot } from "../model/remediation-state.ts";
import { describeUnfilled } from "./await-secret.ts";
import type { Outcome, Repair } from "./repair.ts";
import { restore } from "./restore.ts";
import { announce } from "./start.ts";
import { turnOnAgain } from "./turn-on-again.ts";
import { verify } from "./verify.ts";

/** What is known of a toggle that was begun; without a keepsake nobody can tell what the old secret had. */
export type Interrupted = {
  readonly database: Database;
  /** The value of its tag. */
  readonly toggleTag: string;
  readonly keyReference: string | null;
  /** Null where it is not known: then management was off when somebody came to finish it. */
  readonly oldSecretArn: string | null;
  readonly secretSnapshot: SecretSnapshot | null;
};

/** The half of a toggle that must not be left undone: on, restored, verified, and the mark taken off. */
export async function finishToggle(repair: Repair, started: Interrupted): Promise<Outcome> {
  const { database, keyReference, oldSecretArn, secretSnapshot } = started;
  const keys = [keyReference, secretSnapshot?.keyReference ?? null, null];
  const turned = await turnOnAgain(repair, { keys, oldSecretArn });
  if (!turned.isOn && turned.isGone) await removeToggleTag(repair, started);
  if (!turned.isOn && turned.isGone) return gone;
  if (!turned.isOn)
    return turned.isSeen ? leftOff(turned.why, database, keyReference) : unseen(turned.why, database, keyReference);
  const { secretArn } = turned;
  const isOther = keyReference !== null && turned.keyReference !== null && turned.keyReference !== keyReference;
  const otherKey = isOther ? [`It is encrypted with ${turned.keyReference} instead of ${keyReference}.`] : [];
  const unknown = secretSnapshot === null ? [nothingKept] : [];
  const isNotified = await announce(repair, "tell the new ARN", {
    type: "secret.replaced",
    message: ["The master password is in another secret now.", ...otherKey, ...unknown].join(" "),
    secret: { before: oldSecretArn, after: secretArn },
    keyReference: turned.keyReference,
  });
  const notRestored = secretSnapshot === null ? unknown : await restore(repair, secretSnapshot, secretArn);
  const reason = turned.status === "active" ? await verify(repair) : describeUnfilled(turned.status);
  // While nobody knows the new ARN, somebody has to come again.
  const left = isNotified ? await removeToggleTag(repair, started) : "marked";
  if (left === "off") return leftOff("it has taken the new secret back", database, keyReference);
  const remarks = [...otherKey, ...notRestored, ...(left === "unmarked" ? [] : [stillTagged])];
  if (reason === null) return { end: "repaired", remarks };
  const all = [reason, ...remarks.map((remark) => remark.replace(/\.$/, ""))];
  return { end: "failed", reason: all.join(". "), recovery: [], managed: true };
}

const gone: Outcome = { end: "failed", reason: "the database is gone", recovery: [] };

/** What must never be left unsaid. */
function leftOff(why: string, database: Database, keyReference: string | null): Outcome {
  const reason = `management is off, nobody knows the master password, and RDS does not turn it on: ${why}`;
  return { end: "failed", reason, recovery: [turnOnCommand(database, keyReference)], managed: false };
}

/** Where nobody has seen whether it is on, that is said: it is no better than off, and may be on. */
function unseen(why: string, database: Database, keyReference: string | null): Outcome {
  const reason = `management was turned off, and whether RDS has turned it on again was not seen: ${why}`;
  return { end: "failed", reason, recovery: [turnOnCommand(database, keyReference)] };
}

const nothingKept =
  "Nobody wrote down what the old secret had: rotation schedule, tags and resource policy are those of a new one.";
const stillTagged = `The tag ${toggleTagKey} is still on it: the next remediation of the database takes it off.`;

/** How a database is left: without the mark; with it; or with it and without management, which is what it tells of. */
type Left = "unmarked" | "marked" | "off";

/**
 * Takes the mark off where management is on: one that is off keeps it, for whoever comes next, and so does one whose old secret may be on its
 * way out, or whose new one RDS may take back. A mark that is not the one that was written or read is another toggle's, and stays. A database
 * that is gone has none.
 */
export function removeToggleTag(
  { workflow, aws, describe, secretSnapshot }: Repair,
  { toggleTag, oldSecretArn }: Pick<Interrupted, "toggleTag" | "oldSecretArn">,
): Promise<Left> {
  const taken = workflow.step("take the mark off", async () => {
    const { database } = await describe();
    if (database !== null) {
      const { arn, masterUserSecret, tags } = database;
      if (masterUserSecret === null) return "off";
      if (isUnderWay(masterUserSecret.status)) return "marked";
      if (masterUserSecret.secretArn === oldSecretArn && !isSettled(database)) return "marked";
      if ((tags[toggleTagKey] ?? toggleTag) === toggleTag) await aws.untagDatabase(arn, toggleTagKey);
    }
    await secretSnapshot.forget();
    return "unmarked";
  });
  return taken.catch(() => "marked" as const);
}
