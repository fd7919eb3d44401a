import type { SecretSnapshot } from "../model/remediation-state.ts";
import { deniesRds } from "../model/secret.ts";
import type { Repair } from "./repair.ts";

const rotatesNow = "The old secret did not rotate automatically; the new one does, as RDS makes them.";

/** Gives a new secret what the old one had: schedule, tags, resource policy. Answers with what could not be restored, as sentences. */
export async function restore(
  repair: Repair,
  secretSnapshot: SecretSnapshot,
  secretArn: string,
): Promise<readonly string[]> {
  const { aws, workflow } = repair;
  const remarks: string[] = secretSnapshot.rotationEnabled ? [] : [rotatesNow];
  const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
    try {
      await workflow.step(`restore the ${what}`, work);
    } catch (error) {
      remarks.push(
        `The ${what} of the old secret could not be restored (${error instanceof Error ? error.message : error}).`,
      );
    }
  };
  const { rotationRules, tags, resourcePolicy } = secretSnapshot;
  if (secretSnapshot.rotationEnabled && rotationRules !== null)
    await attempt("rotation schedule", () => aws.scheduleRotation(secretArn, rotationRules));
  if (Object.keys(tags).length > 0) await attempt("tags", () => aws.tagSecret(secretArn, tags));
  if (resourcePolicy === null) return remarks;
  if (deniesRds(resourcePolicy))
    return [...remarks, "The resource policy of the old secret denies RDS, and was not put on the new one."];
  await attempt("resource policy", () =>
    aws.putResourcePolicy(secretArn, resourcePolicy.replaceAll(secretSnapshot.secretArn, secretArn)),
  );
  return remarks;
}
