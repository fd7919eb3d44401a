import { untagCommand } from "../model/aws-cli.ts";
import { toggleTagKey } from "../model/database.ts";
import type { SecretSnapshot } from "../model/remediation-state.ts";
import { parseToggleMarker, type ToggleMarker } from "../model/toggle-marker.ts";
import { finishToggle, removeToggleTag, type ToggleInProgress } from "./finish-toggle.ts";
import type { Observation, Procedure, Repair } from "./repair.ts";
import { startAction, tryNotify } from "./start.ts";
import { endVerified } from "./verify.ts";
import { awaitOff } from "./waits.ts";

/** Finishes the toggle that the tag on the database names. If management was never turned off, only removes the tag. */
export const finishInterrupted: Procedure = async (repair) => {
  const start = await startAction(repair, "read the toggle tag", {
    change: (observation) => readToggle(repair, observation),
  });
  if (start.result === null) return start.outcome;
  const toggle = start.result;
  await tryNotify(repair, "started", {
    type: "remediation.started",
    message: "An interrupted toggle is about to be finished: management is turned on again if it is off.",
    secret: { before: toggle.oldSecretArn, after: null },
    keyReference: toggle.keyReference,
  });
  if (await awaitOff(repair, toggle.oldSecretArn)) return finishToggle(repair, toggle);
  const result = await removeToggleTag(repair, toggle);
  if (result === "off") return finishToggle(repair, toggle);
  if (result === "removed") return endVerified(repair, ["Management had not been turned off."]);
  return {
    end: "failed",
    reason: "management had not been turned off, and the toggle tag could not be removed",
    recovery: [untagCommand(toggle.database)],
    managed: true,
  };
};

/** Reads the toggle from its tag and snapshot. A snapshot of a secret other than the old one that RDS still names is from an earlier toggle. */
async function readToggle(
  { secretSnapshot }: Repair,
  { database, context, planned }: Observation,
): Promise<ToggleInProgress> {
  const toggleTag = database.tags[toggleTagKey] ?? "";
  const snapshot = await secretSnapshot.read();
  const secretArn = database.masterUserSecret?.secretArn ?? null;
  const isOld = secretArn !== null && !isNew(secretArn, context, parseToggleMarker(toggleTag), snapshot);
  return {
    ...{ database, toggleTag },
    keyReference: planned?.keyReference ?? null,
    oldSecretArn: isOld ? secretArn : (snapshot?.secretArn ?? null),
    secretSnapshot: isOld && snapshot?.secretArn !== secretArn ? null : snapshot,
  };
}

/** True if the secret was created after the toggle started. If either date cannot be read, the snapshot decides. */
function isNew(
  secretArn: string,
  { secret }: Observation["context"],
  marker: ToggleMarker | null,
  snapshot: SecretSnapshot | null,
): boolean {
  const createdAt = secret.seen ? (secret.value?.createdAt ?? null) : null;
  if (marker !== null && createdAt !== null) return createdAt > marker.startedAt;
  return snapshot !== null && snapshot.secretArn !== secretArn;
}
