import type { Database } from "../model/database.ts";
import type { Procedure } from "./repair.ts";
import { startAction, tryNotify } from "./start.ts";
import { awaitSecret, describeInactive, endVerified, isGone } from "./verify.ts";

/** Turns management on for a database whose master password is not managed. From then on only the secret holds the password. */
export const enable: Procedure = async (repair) => {
  const isNotified = await tryNotify(repair, "started", {
    type: "remediation.started",
    message: "RDS is about to manage the master password. The current password stops working.",
  });
  if (!isNotified) return { end: "failed", reason: "the notification could not be sent", recovery: [] };
  const start = await startAction(repair, "turn management on", {
    already: ({ database }) => database.masterUserSecret !== null || null,
    change: async ({ database, planned }) => {
      const keyReference = planned?.keyReference ?? null;
      await repair.record.unannounced();
      await repair.aws.turnOn(database, { keyReference, applyImmediately: true });
      return true;
    },
  });
  if (start.result === null) return start.outcome;
  const isActive = ({ masterUserSecret }: Database) => masterUserSecret?.status === "active";
  const { value } = await awaitSecret(repair, "wait until the secret is active", isActive);
  if (value !== null && isGone(value)) return { end: "failed", reason: "the database is gone", recovery: [] };
  const secret = value?.database?.masterUserSecret;
  if (secret === null) return { end: "failed", reason: "RDS still shows no secret", recovery: [] };
  const isAnnounced = await tryNotify(repair, "secret replaced", {
    type: "secret.replaced",
    message: `The master password is now in a secret${secret === undefined ? ", whose ARN could not be read" : ""}.`,
    secret: { before: null, after: secret?.secretArn ?? null },
    keyReference: secret?.kmsKeyId ?? null,
  });
  if (isAnnounced && secret?.secretArn != null)
    await repair.workflow.step("record the announcement", repair.record.forget);
  if (secret?.status !== "active")
    return { end: "failed", reason: describeInactive(secret?.status ?? null), recovery: [] };
  return endVerified(repair);
};
