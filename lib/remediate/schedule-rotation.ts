import { longestIntervalDays } from "../model/rotation-schedule.ts";
import type { RotationRules } from "../model/secret.ts";
import { announce, begin } from "./start.ts";
import type { Procedure, Sight } from "./repair.ts";
import { endVerified } from "./verify.ts";

/** What RDS itself gives a new secret. */
const everySevenDays: RotationRules = { automaticallyAfterDays: 7, scheduleExpression: null, duration: null };

/** Turns automatic rotation on again, by the schedule that the secret had, if that is within the policy's limit. Nothing rotates now. */
export const scheduleRotation: Procedure = async (repair) => {
  await announce(repair, "tell that it begins", {
    type: "remediation.started",
    message: "Automatic rotation of the secret is about to be turned on. The password does not change now.",
  });
  const beginning = await begin(repair, "turn rotation on", {
    already: ({ verdict }) => verdict === "COMPLIANT" || null,
    change: async (sight) => {
      await repair.aws.scheduleRotation(sight.database.masterUserSecret?.secretArn ?? "", rulesFor(sight));
      return true;
    },
  });
  if (beginning.begun === null) return beginning.outcome;
  return endVerified(repair);
};

/** Secrets Manager goes on showing the rules of a rotation that was cancelled. */
function rulesFor({ context: { secret, thresholds } }: Sight): RotationRules {
  const former = secret.seen ? (secret.value?.rotationRules ?? null) : null;
  const days = longestIntervalDays(former);
  return former !== null && days !== null && days <= thresholds.rotationIntervalDays ? former : everySevenDays;
}
