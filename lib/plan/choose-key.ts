import type { ActionName } from "../model/action.ts";
import type { ClassifiedDatabase } from "../model/database.ts";
import type { Key } from "../model/key.ts";
import type { Fact, KeyFacts, RequiredKey, RuleContext } from "../model/rule.ts";
import { ownToggleTagOf, type ToggleTag } from "../model/toggle-marker.ts";

/** The key to turn management on with: by ARN, with what KMS says of it; null for the default one. Or why none can be chosen. */
export type KeyChoice =
  | { readonly reference: string; readonly key: Fact<Key> }
  | { readonly reference: null }
  | { readonly reference: null; readonly problem: string };

const defaultKey: KeyChoice = { reference: null };

/**
 * Chooses the key of a database's new secret: the one that it has, where the policy has nothing against it, else the first that the policy
 * names. `customer-managed` names none: which of a customer's keys it should be is for a person to say. An interrupted toggle is finished
 * with the key that its mark names, if that is of the database's own account or the policy names it: anybody may have written the mark.
 */
export function chooseKey(
  action: ActionName,
  database: Pick<ClassifiedDatabase, "account" | "masterUserSecret" | "tags" | "createdAt" | "resourceId">,
  { requiredKeys, rdsKey }: Pick<RuleContext, "requiredKeys" | "rdsKey">,
): KeyChoice {
  if (action === "schedule-rotation" || action === "rotate") return defaultKey;
  const { account, masterUserSecret } = database;
  const markerKey = action === "finish-interrupted" ? toMarkerKey(ownToggleTagOf(database)) : null;
  if (markerKey !== null && (isOf(account, markerKey) || requiredKeys.some((required) => isMet(required, markerKey))))
    return markerKey;
  const present = masterUserSecret === null ? null : toPresent(rdsKey);
  if (present !== null && (requiredKeys.length === 0 || requiredKeys.some((required) => isMet(required, present))))
    return present;
  const choices = requiredKeys.map(toChoice);
  return choices.find((choice) => !("problem" in choice)) ?? choices[0] ?? defaultKey;
}

/** A key that is given by its id alone is of the account that asks. */
function isOf(account: string, { reference }: KeyChoice): boolean {
  const [, , , , owner = account] = reference?.split(":") ?? [];
  return owner === account;
}

function toMarkerKey(toggleTag: ToggleTag | null): KeyChoice {
  const reference = toggleTag?.marker?.keyReference ?? null;
  return reference === null
    ? defaultKey
    : { reference, key: { seen: false, why: "the key that a tag names is not read" } };
}

/** The key that the secret has now. Where that cannot be told no other is taken in its place. */
function toPresent({ arn, key }: KeyFacts): KeyChoice {
  if (key.seen && key.value?.manager === "AWS") return defaultKey;
  if (!arn.seen)
    return {
      reference: null,
      problem: `the key that the secret has could not be read (${arn.why}): name one under keys`,
    };
  return arn.value === null
    ? { reference: null, problem: "the key that the secret has does not exist: name another under keys" }
    : { reference: arn.value, key };
}

function isMet({ requirement, arn }: RequiredKey, present: KeyChoice): boolean {
  if ("problem" in present) return false;
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
  if (!arn.seen)
    return {
      reference: null,
      problem: `the required key ${requirement} could not be read (${arn.why}): allow that call`,
    };
  if (arn.value === null)
    return { reference: null, problem: `KMS knows no key ${requirement}: create it, or name another under keys` };
  return { reference: arn.value, key };
}
