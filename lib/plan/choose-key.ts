import type { ActionName } from "../model/action.ts";
import type { ClassifiedDatabase } from "../model/database.ts";
import { isKeyOfAccount, type Key } from "../model/key.ts";
import type { Fact, KeyFacts, RequiredKey, RuleContext } from "../model/rule.ts";
import { ownToggleTagOf, type ToggleTag } from "../model/toggle-marker.ts";

/** The key of a new secret: its ARN with what KMS reports, null for the default key, or the problem if no key can be chosen. */
export type KeyChoice =
  | { readonly reference: string; readonly key: Fact<Key> }
  | { readonly reference: null }
  | { readonly reference: null; readonly problem: string };

const defaultKey: KeyChoice = { reference: null };

type KeyContext = Pick<RuleContext, "requiredKeys" | "rdsKey" | "storageKey" | "differentFromStorage">;

/**
 * Chooses the key of a database's new secret: the present key if the policy accepts it, otherwise the first key that the policy names.
 * `customer-managed` names no key, so a person must choose one. The key of the storage is not chosen if the policy requires another. An interrupted toggle is finished with the key in its tag, but only if the key
 * is in the database's own account or the policy requires it, because a tag can be forged.
 */
export function chooseKey(
  action: ActionName,
  database: Pick<ClassifiedDatabase, "account" | "masterUserSecret" | "tags" | "createdAt" | "resourceId">,
  { requiredKeys, rdsKey, storageKey, differentFromStorage }: KeyContext,
): KeyChoice {
  if (action === "schedule-rotation" || action === "rotate") return defaultKey;
  const { account, masterUserSecret } = database;
  const markerKey = action === "finish-interrupted" ? toMarkerKey(ownToggleTagOf(database)) : null;
  if (
    markerKey !== null &&
    (isKeyOfAccount(markerKey.reference, account) || requiredKeys.some((required) => isMet(required, markerKey)))
  )
    return markerKey;
  const isStorageKey = ({ reference }: KeyChoice) =>
    differentFromStorage && reference !== null && storageKey.seen && reference === storageKey.value;
  const present = masterUserSecret === null ? null : toPresentKey(rdsKey);
  if (present !== null && isStorageKey(present) && requiredKeys.length === 0) return noOtherKey;
  if (
    present !== null &&
    !isStorageKey(present) &&
    (requiredKeys.length === 0 || requiredKeys.some((required) => isMet(required, present)))
  )
    return present;
  const choices = requiredKeys.map(toRequiredChoice).map((choice) => (isStorageKey(choice) ? noOtherKey : choice));
  return choices.find((choice) => !("problem" in choice)) ?? choices[0] ?? defaultKey;
}

const noOtherKey: KeyChoice = {
  reference: null,
  problem: "the policy requires another key than the storage's but names none: name one under keys",
};

function toMarkerKey(toggleTag: ToggleTag | null): KeyChoice {
  const reference = toggleTag?.marker?.keyReference ?? null;
  return reference === null ? defaultKey : { reference, key: { seen: false, why: "the key in the tag was not read" } };
}

/** The present key of the secret. If it could not be read, no other key replaces it. */
function toPresentKey({ arn, key }: KeyFacts): KeyChoice {
  if (key.seen && key.value?.manager === "AWS") return defaultKey;
  if (!arn.seen)
    return {
      reference: null,
      problem: `the secret's present key could not be read (${arn.why}): name one under keys`,
    };
  return arn.value === null
    ? { reference: null, problem: "the secret's present key does not exist: name another under keys" }
    : { reference: arn.value, key };
}

function isMet({ requirement, arn }: RequiredKey, present: KeyChoice): boolean {
  if ("problem" in present) return false;
  if (requirement === "aws-managed") return present.reference === null;
  if (requirement === "customer-managed") return present.reference !== null;
  return arn.seen && arn.value !== null && arn.value === present.reference;
}

function toRequiredChoice({ requirement, arn, key }: RequiredKey): KeyChoice {
  if (requirement === "aws-managed") return defaultKey;
  if (requirement === "customer-managed")
    return {
      reference: null,
      problem: "the policy requires a customer managed key but names none: name one under keys",
    };
  if (!arn.seen)
    return {
      reference: null,
      problem: `the required key ${requirement} could not be read (${arn.why}): allow that call`,
    };
  if (arn.value === null)
    return { reference: null, problem: `the key ${requirement} does not exist: create it, or name another under keys` };
  return { reference: arn.value, key };
}
