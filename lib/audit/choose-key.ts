import type { ActionName } from "../model/action.ts";
import type { ClassifiedDatabase } from "../model/database.ts";
import type { Key } from "../model/key.ts";
import type { Fact, RequiredKey, RuleContext } from "../model/rule.ts";

/** The key to turn management on with: by ARN, with what KMS says of it; null for the default one. Or why none can be chosen. */
export type KeyChoice =
  | { readonly reference: string; readonly key: Fact<Key> }
  | { readonly reference: null }
  | { readonly reference: null; readonly problem: string };

const defaultKey: KeyChoice = { reference: null };

/**
 * Chooses the key of a database's new secret: the one that it has, where the policy has nothing against it, else the first that the policy
 * names. `customer-managed` names none: which of a customer's keys it should be is for a person to say.
 */
export function chooseKey(
  action: ActionName,
  { masterUserSecret }: Pick<ClassifiedDatabase, "masterUserSecret">,
  { requiredKeys, rdsKey }: Pick<RuleContext, "requiredKeys" | "rdsKey">,
): KeyChoice {
  if (action === "schedule-rotation" || action === "rotate") return defaultKey;
  const present = masterUserSecret === null ? null : toPresent(rdsKey);
  if (requiredKeys.length === 0) return present ?? defaultKey;
  if (present !== null && requiredKeys.some((required) => isMet(required, present))) return present;
  const choices = requiredKeys.map(toChoice);
  return choices.find((choice) => !("problem" in choice)) ?? choices[0] ?? defaultKey;
}

/** The key that the secret has now; null where that cannot be told. */
function toPresent({ arn, key }: RuleContext["rdsKey"]): KeyChoice | null {
  if (!arn.seen || arn.value === null || !key.seen || key.value === null) return null;
  return key.value.manager === "AWS" ? defaultKey : { reference: arn.value, key };
}

function isMet({ requirement, arn }: RequiredKey, present: KeyChoice): boolean {
  if (requirement === "aws-managed") return present.reference === null;
  if (requirement === "customer-managed") return present.reference !== null;
  return arn.seen && arn.value !== null && arn.value === present.reference;
}

function toChoice({ requirement, arn, key }: RequiredKey): KeyChoice {
  if (requirement === "aws-managed") return defaultKey;
  if (requirement === "customer-managed")
    return {
      reference: null,
      problem: "the policy requires a customer managed key and names none: name one under keys",
    };
  if (!arn.seen) return { reference: null, problem: `the required key ${requirement} could not be read (${arn.why})` };
  if (arn.value === null)
    return { reference: null, problem: `KMS knows no key ${requirement}: create it, or name another under keys` };
  return { reference: arn.value, key };
}
