import { toggleTagKey } from "../model/database.ts";
import { isOldSecret, isSnapshotOf, parseToggleMarker, secretSuffixOf } from "../model/toggle-marker.ts";
import type { ToggleInProgress } from "./reconcile.ts";
import type { Observation, Procedure, Repair } from "./repair.ts";
import { startAction, tryNotify } from "./start.ts";
import { finishToggle } from "./toggle.ts";

/** Finishes the toggle that the tag on the database names. If management was never turned off, only removes the tag. */
export const finishInterrupted: Procedure = async (repair) => {
  const start = await startAction(repair, "read the toggle tag", { change: readToggle });
  if (start.result === null) return start.outcome;
  const { oldSecretArn, keyReference } = start.result;
  await tryNotify(repair, "started", {
    type: "remediation.started",
    message: "An interrupted toggle is about to be finished: management is turned on again if it is off.",
    secret: { before: oldSecretArn, after: null },
    keyReference,
  });
  return finishToggle(repair, start.result);
};

/**
 * Reads the toggle from its tag and snapshot. A snapshot of another secret is from another toggle. If neither tells the old secret, the one
 * that RDS names counts as the old one.
 */
async function readToggle({ database, planned }: Observation, { record, rule }: Repair): Promise<ToggleInProgress> {
  const toggleTag = database.tags[toggleTagKey] ?? "";
  const marker = parseToggleMarker(toggleTag);
  const stored = await record.snapshot();
  const secretSnapshot = stored !== null && isSnapshotOf(stored, marker) ? stored : null;
  const known = secretSnapshot?.secretArn ?? database.masterUserSecret?.secretArn ?? null;
  const oldSecretSuffix = marker?.oldSecretSuffix ?? (known === null ? null : secretSuffixOf(known));
  const oldSecretArn = isOldSecret(known, oldSecretSuffix) ? known : null;
  const keyReference = planned?.keyReference ?? null;
  return {
    ...{ database, toggleTag, keyReference, oldSecretArn, oldSecretSuffix, secretSnapshot },
    rule: secretSnapshot?.rule ?? rule,
    refusal: "management had not been turned off",
  };
}
