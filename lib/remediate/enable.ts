import { awaitActiveSecret, describeUnfilled } from "./await-secret.ts";
import type { Procedure } from "./repair.ts";
import { announce, startAction } from "./start.ts";
import { endVerified } from "./verify.ts";

/** Turns management on for a database whose master password somebody holds: from then on only the secret has it. */
export const enable: Procedure = async (repair) => {
  const isNotified = await announce(repair, "tell that it begins", {
    type: "remediation.started",
    message: "RDS is about to manage the master password: the present one will not open the database any more.",
  });
  if (!isNotified) return { end: "failed", reason: "it could not be announced", recovery: [] };
  const start = await startAction(repair, "turn management on", {
    already: ({ database }) => database.masterUserSecret !== null || null,
    change: async ({ database, planned }) => {
      const keyReference = planned?.keyReference ?? null;
      await repair.aws.turnOn(database, { keyReference, applyImmediately: true });
      return true;
    },
  });
  if (start.started === null) return start.outcome;
  const { seen } = await awaitActiveSecret(repair, "wait until the secret is active");
  if (seen?.database === null) return { end: "failed", reason: "the database is gone", recovery: [] };
  const secret = seen?.database.masterUserSecret;
  if (secret === null) return { end: "failed", reason: "RDS shows no secret, as before", recovery: [] };
  await announce(repair, "tell the secret's ARN", {
    type: "secret.replaced",
    message: `The master password is in a secret now${secret === undefined ? ", whose ARN could not be read" : ""}.`,
    secret: { before: null, after: secret?.secretArn ?? null },
    keyReference: secret?.kmsKeyId ?? null,
  });
  if (secret?.status !== "active")
    return { end: "failed", reason: describeUnfilled(secret?.status ?? null), recovery: [] };
  return endVerified(repair);
};
