import { isUnderWay } from "../model/database.ts";
import { awaitSettledSecret } from "./await-secret.ts";
import type { Observation, Procedure } from "./repair.ts";
import { announce, startAction } from "./start.ts";
import { endVerified } from "./verify.ts";

/** Rotates the password now. The secret and its ARN stay. */
export const rotate: Procedure = async (repair) => {
  const before = await repair.workflow.step("remember the last rotation", async () => toMoment(await repair.observe()));
  await announce(repair, "tell that it begins", {
    type: "remediation.started",
    message: "The master password is about to be rotated, under the same secret ARN.",
    secret: { before: before.secretArn, after: before.secretArn },
  });
  const start = await startAction(repair, "rotate", {
    already: (observation) =>
      observation.database.masterUserSecret?.status === "rotating" || isLater(toMoment(observation), before) || null,
    change: async ({ database }) => {
      await repair.aws.rotate(database);
      return true;
    },
  });
  if (start.started === null) return start.outcome;
  const { seen } = await awaitSettledSecret(repair, "wait until it is rotated");
  if (seen === null || isUnderWay(seen.database?.masterUserSecret?.status ?? null))
    return { end: "failed", reason: "RDS was not seen to be done with the rotation for an hour", recovery: [] };
  return endVerified(repair);
};

type Moment = { readonly secretArn: string | null; readonly lastRotatedAt: string | null };

function toMoment({ context: { secret }, database }: Observation): Moment {
  return {
    secretArn: database.masterUserSecret?.secretArn ?? null,
    lastRotatedAt: secret.seen ? (secret.value?.lastRotatedAt ?? null) : null,
  };
}

function isLater({ lastRotatedAt }: Moment, before: Moment): boolean {
  return lastRotatedAt !== null && (before.lastRotatedAt === null || lastRotatedAt > before.lastRotatedAt);
}
