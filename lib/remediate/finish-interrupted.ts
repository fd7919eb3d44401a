import { untagCommand } from "../model/aws-cli.ts";
import { toggleTagKey } from "../model/database.ts";
import type { SecretSnapshot } from "../model/remediation-state.ts";
import { parseToggleMarker, type ToggleMarker } from "../model/toggle-marker.ts";
import { awaitOff } from "./await-off.ts";
import { finishToggle, type Interrupted, removeToggleTag } from "./finish-toggle.ts";
import type { Observation, Procedure, Repair } from "./repair.ts";
import { announce, startAction } from "./start.ts";
import { endVerified } from "./verify.ts";

/** Finishes a toggle that somebody began: the mark on the database says so. Where nothing was turned off, only the mark comes off. */
export const finishInterrupted: Procedure = async (repair) => {
  const start = await startAction(repair, "read the mark", {
    change: (observation) => readToggleTag(repair, observation),
  });
  if (start.started === null) return start.outcome;
  const { started } = start;
  await announce(repair, "tell that it begins", {
    type: "remediation.started",
    message: "A toggle that was interrupted is about to be finished: management is turned on again where it is off.",
    secret: { before: started.oldSecretArn, after: null },
    keyReference: started.keyReference,
  });
  if (await awaitOff(repair, started.oldSecretArn)) return finishToggle(repair, started);
  const left = await removeToggleTag(repair, started);
  if (left === "off") return finishToggle(repair, started);
  if (left === "unmarked") return endVerified(repair, ["Nothing had been turned off."]);
  return {
    end: "failed",
    reason: "nothing had been turned off, and the mark could not be taken off",
    recovery: [untagCommand(started.database)],
    managed: true,
  };
};

/** What is known of the toggle. A keepsake of another secret than the one that RDS still names is left from another toggle. */
async function readToggleTag(
  { secretSnapshot }: Repair,
  { database, context, planned }: Observation,
): Promise<Interrupted> {
  const toggleTag = database.tags[toggleTagKey] ?? "";
  const marker = parseToggleMarker(toggleTag);
  const kept = await secretSnapshot.read();
  const secretArn = database.masterUserSecret?.secretArn ?? null;
  const isOld = secretArn !== null && !isNew(secretArn, context, marker, kept);
  return {
    ...{ database, toggleTag },
    keyReference: planned?.keyReference ?? null,
    oldSecretArn: isOld ? secretArn : (kept?.secretArn ?? null),
    secretSnapshot: isOld && kept?.secretArn !== secretArn ? null : kept,
  };
}

/** Whether the secret was made after the toggle began. Where its date or the mark's cannot be read, what was written down tells. */
function isNew(
  secretArn: string,
  { secret }: Observation["context"],
  marker: ToggleMarker | null,
  kept: SecretSnapshot | null,
): boolean {
  const createdAt = secret.seen ? (secret.value?.createdAt ?? null) : null;
  if (marker !== null && createdAt !== null) return createdAt > marker.startedAt;
  return kept !== null && kept.secretArn !== secretArn;
}
