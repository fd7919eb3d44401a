import { longestIntervalDays } from "../model/rotation-schedule.ts";
import type { RotationRules } from "../model/secret.ts";
import type { Observation, Procedure } from "./repair.ts";
import { announce, startAction } from "./start.ts";
import { endVerified } from "./verify.ts";

/** What RDS itself gives a new secret. */
const everySevenDays: RotationRules = { automaticallyAfterDays: 7, scheduleExpression: null, duration: null };

/** Turns automatic rotation on again, by the schedule that the secret had, if that is within the policy's limit. Nothing rotates now. */
export const scheduleRotation: Procedure = async (repair) => {
  await announce(repair, "tell that it begins", {
    type: "remediation.started",
    message: "Automatic rotation of the secret is about to be turned on. The password does not change now.",
  });
  const start = await startAction(repair, "turn rotation on", {
    already: ({ verdict }) => verdict === "COMPLIANT" || null,
    change: async (observation) => {
      await repair.aws.scheduleRotation(observation.database.masterUserSecret?.secretArn ?? "", rulesFor(observation));
      return true;
    },
  });
  if (start.started === null) return start.outcome;
  return endVerified(repair);
};

/** Secrets Manager goes on showing the rules of a rotation that was cancelled. */
function rulesFor({ context: { secret, thresholds } }: Observation): RotationRules {
  const former = secret.seen ? (secret.value?.rotationRules ?? null) : null;
  const days = longestIntervalDays(former);
  return former !== null && days !== null && days <= thresholds.rotationIntervalDays ? former : everySevenDays;
}
