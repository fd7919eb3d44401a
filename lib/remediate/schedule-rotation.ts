import { longestIntervalDays } from "../model/rotation-schedule.ts";
import type { RotationRules } from "../model/secret.ts";
import type { Observation, Procedure } from "./repair.ts";
import { startAction, tryNotify } from "./start.ts";
import { endVerified } from "./verify.ts";

/** What RDS sets on a new secret. */
const everySevenDays: RotationRules = { automaticallyAfterDays: 7, scheduleExpression: null, duration: null };

/** Turns automatic rotation on, by the secret's former schedule if the policy permits that interval. Nothing rotates now. */
export const scheduleRotation: Procedure = async (repair) => {
  await tryNotify(repair, "started", {
    type: "remediation.started",
    message: "Automatic rotation of the secret is about to be turned on. The password does not change now.",
  });
  const start = await startAction(repair, "turn rotation on", {
    already: ({ verdictOf }) => verdictOf(repair.rule) === "COMPLIANT" || null,
    change: async (observation) => {
      await repair.aws.scheduleRotation(observation.database.masterUserSecret?.secretArn ?? "", rulesFor(observation));
      return true;
    },
  });
  return start.result === null ? start.outcome : endVerified(repair);
};

/** Secrets Manager keeps showing the rules of a canceled rotation. */
function rulesFor({ context: { secret, thresholds } }: Observation): RotationRules {
  const former = secret.seen ? (secret.value?.rotationRules ?? null) : null;
  const days = longestIntervalDays(former);
  return former !== null && days !== null && days <= thresholds.rotationIntervalDays ? former : everySevenDays;
}
