import { type Database, isSettled, isUnderWay } from "../model/database.ts";
import type { Observation, Procedure, Repair } from "./repair.ts";
import { startAction, tryNotify } from "./start.ts";
import { awaitSecret, endVerified } from "./verify.ts";

/** Rotates the password now. The secret keeps its ARN. */
export const rotate: Procedure = async (repair) => {
  const before = await repair.workflow.step("remember the last rotation", async () =>
    toRotation(await repair.observe()),
  );
  await tryNotify(repair, "started", {
    type: "remediation.started",
    message: "The master password is about to be rotated. The secret keeps its ARN.",
    secret: { before: before.secretArn, after: before.secretArn },
  });
  const start = await startAction(repair, "rotate the password", {
    already: (observation) =>
      observation.database.masterUserSecret?.status === "rotating" || isLater(toRotation(observation), before) || null,
    change: async ({ database }) => {
      await repair.aws.rotate(database);
      return true;
    },
  });
  if (start.result === null) return start.outcome;
  const { value } = await awaitSecret(repair, "wait until the password is rotated", isRotated);
  if (value === null || isUnderWay(value.database?.masterUserSecret?.status ?? null))
    return { end: "failed", reason: "RDS did not finish the rotation within an hour", recovery: [] };
  const outcome = await endVerified(repair);
  if (outcome.end !== "repaired" || (await isShown(repair, before))) return outcome;
  return { end: "failed", reason: "the date of the last rotation of the secret has not changed", recovery: [] };
};

/** True if the secret is active or impaired, and nothing is in progress. */
function isRotated(database: Database): boolean {
  return database.masterUserSecret !== null && isSettled(database);
}

/** True if the secret shows the rotation. The rule of a rotation on demand passes without one. */
async function isShown({ workflow, observe }: Repair, before: Rotation): Promise<boolean> {
  const { met } = await workflow.poll("verify the date of the rotation", async () => toRotation(await observe()), {
    until: (rotation) => isLater(rotation, before),
    timeoutMinutes: 15,
  });
  return met;
}

/** Secrets Manager reports no date of the last rotation while automatic rotation is off; then the last change counts. */
type Rotation = { readonly secretArn: string | null; readonly lastRotatedAt: string | null };

function toRotation({ context: { secret }, database }: Observation): Rotation {
  return {
    secretArn: database.masterUserSecret?.secretArn ?? null,
    lastRotatedAt: secret.seen ? (secret.value?.lastRotatedAt ?? secret.value?.lastChangedAt ?? null) : null,
  };
}

function isLater({ lastRotatedAt }: Rotation, before: Rotation): boolean {
  return lastRotatedAt !== null && (before.lastRotatedAt === null || lastRotatedAt > before.lastRotatedAt);
}
