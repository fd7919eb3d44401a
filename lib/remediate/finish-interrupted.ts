import { untagCommand } from "../model/aws-cli.ts";
import { toggleTagKey } from "../model/database.ts";
import { isOldSecret, isSnapshotOf, parseToggleMarker, secretSuffixOf } from "../model/toggle-marker.ts";
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
  if (await awaitOff(repair, toggle.oldSecretSuffix)) return finishToggle(repair, toggle);
  const result = await removeToggleTag(repair, toggle);
  if (result === "off") return finishToggle(repair, toggle);
  if (result === "removed") return endVerified(repair, ["Management had not been turned off."]);
  return {
    end: "failed",
    reason: "management had not been turned off, and the toggle tag could not be removed",
    recovery: [untagCommand(toggle.database)],
    ...(result !== "missing" && { managed: true }),
  };
};

/**
 * Reads the toggle from its tag and snapshot. A snapshot of another secret is from another toggle. If neither tells the old secret, the one
 * that RDS names counts as the old one.
 */
async function readToggle({ secretSnapshot }: Repair, { database, planned }: Observation): Promise<ToggleInProgress> {
  const toggleTag = database.tags[toggleTagKey] ?? "";
  const marker = parseToggleMarker(toggleTag);
  const stored = await secretSnapshot.read();
  const snapshot = stored !== null && isSnapshotOf(stored, marker) ? stored : null;
  const named = database.masterUserSecret?.secretArn ?? null;
  const known = snapshot?.secretArn ?? named;
  const oldSecretSuffix = marker?.oldSecretSuffix ?? (known === null ? null : secretSuffixOf(known));
  return {
    ...{ database, toggleTag, oldSecretSuffix },
    keyReference: planned?.keyReference ?? null,
    oldSecretArn: isOldSecret(named, oldSecretSuffix) ? named : (snapshot?.secretArn ?? null),
    secretSnapshot: snapshot,
  };
}
