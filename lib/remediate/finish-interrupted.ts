import { unmarkCommand } from "../model/aws-cli.ts";
import { toggleTag } from "../model/database.ts";
import { type Marker, parseMarker } from "../model/toggle-marker.ts";
import type { Keepsake } from "../model/remediation-state.ts";
import { awaitOff } from "./await-off.ts";
import { announce, begin } from "./start.ts";
import { finishToggle, type Interrupted, takeMarkOff } from "./finish-toggle.ts";
import type { Procedure, Repair, Sight } from "./repair.ts";
import { endVerified } from "./verify.ts";

/** Finishes a toggle that somebody began: the mark on the database says so. Where nothing was turned off, only the mark comes off. */
export const finishInterrupted: Procedure = async (repair) => {
  const beginning = await begin(repair, "read the mark", { change: (sight) => readMark(repair, sight) });
  if (beginning.begun === null) return beginning.outcome;
  const { begun } = beginning;
  await announce(repair, "tell that it begins", {
    type: "remediation.started",
    message: "A toggle that was interrupted is about to be finished: management is turned on again where it is off.",
    secret: { before: begun.oldSecretArn, after: null },
    keyReference: begun.keyReference,
  });
  if (await awaitOff(repair, begun.oldSecretArn)) return finishToggle(repair, begun);
  const left = await takeMarkOff(repair, begun);
  if (left === "off") return finishToggle(repair, begun);
  if (left === "unmarked") return endVerified(repair, ["Nothing had been turned off."]);
  return {
    end: "failed",
    reason: "nothing had been turned off, and the mark could not be taken off",
    recovery: [unmarkCommand(begun.database)],
    managed: true,
  };
};

/** What is known of the toggle. A keepsake of another secret than the one that RDS still names is left from another toggle. */
async function readMark({ keepsake }: Repair, { database, context, planned }: Sight): Promise<Interrupted> {
  const mark = database.tags[toggleTag] ?? "";
  const marker = parseMarker(mark);
  const kept = await keepsake.read();
  const secretArn = database.masterUserSecret?.secretArn ?? null;
  const isOld = secretArn !== null && !isNew(secretArn, context, marker, kept);
  return {
    ...{ database, mark },
    keyReference: planned?.keyReference ?? null,
    oldSecretArn: isOld ? secretArn : (kept?.secretArn ?? null),
    keepsake: isOld && kept?.secretArn !== secretArn ? null : kept,
  };
}

/** Whether the secret was made after the toggle began. Where its date or the mark's cannot be read, what was written down tells. */
function isNew(secretArn: string, { secret }: Sight["context"], marker: Marker | null, kept: Keepsake | null): boolean {
  const createdAt = secret.seen ? (secret.value?.createdAt ?? null) : null;
  if (marker !== null && createdAt !== null) return createdAt > marker.startedAt;
  return kept !== null && kept.secretArn !== secretArn;
}
