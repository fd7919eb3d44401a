import type { SecretSnapshot } from "../model/remediation-state.ts";
import { deniesRds } from "../model/secret-policy.ts";
import type { Repair } from "./repair.ts";

const rotatesNow = "The old secret did not rotate automatically; the new one does, as RDS creates it.";

const denies = "The resource policy of the old secret may deny RDS what it needs, so the new secret has none.";

const noSnapshot =
  "No snapshot of the old secret exists: rotation schedule, tags and resource policy are those of a new secret.";

/** Copies schedule, tags and resource policy of the old secret to the new one. Returns what could not be restored, as sentences. */
export async function restore(repair: Repair, snapshot: SecretSnapshot | null, secretArn: string): Promise<string[]> {
  const { aws, workflow } = repair;
  if (snapshot === null) return [noSnapshot];
  const { rotationEnabled, rotationRules, tags, resourcePolicy, secretArn: oldSecretArn } = snapshot;
  const remarks: string[] = rotationEnabled ? [] : [rotatesNow];
  const attempt = (what: string, work: () => Promise<void>) =>
    workflow.step(`restore the ${what}`, work).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : error;
      remarks.push(`The ${what} of the old secret could not be restored (${why}).`);
    });
  if (rotationEnabled && rotationRules !== null)
    await attempt("rotation schedule", () => aws.scheduleRotation(secretArn, rotationRules));
  if (Object.keys(tags).length > 0) await attempt("tags", () => aws.tagSecret(secretArn, tags));
  if (resourcePolicy === null) return remarks;
  if (deniesRds(resourcePolicy) !== false) return [...remarks, denies];
  const policy = resourcePolicy.replaceAll(oldSecretArn, secretArn);
  await attempt("resource policy", () => aws.putResourcePolicy(secretArn, policy));
  return remarks;
}
