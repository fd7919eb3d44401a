import { defaultKeyAlias, isKeyReference } from "../../model/key.ts";
import type { Fact, KeyFacts, RequiredKey } from "../../model/rule.ts";
import type { DeclaredKey } from "./declaration.ts";

const notSeen = (why: string) => ({ seen: false, why }) as const;
const seen = <T>(value: T): Fact<T> => ({ seen: true, value });
const notRead = "AWS was not read";

/** The default key of Secrets Manager, which a secret has if no key is given. */
export const defaultKey: DeclaredKey = { reference: defaultKeyAlias, manager: "AWS", aliases: [defaultKeyAlias] };

/** A key by ARN, ID or alias, as written. Only names that AWS reserves show who manages a key. */
export function toDeclaredKey(reference: string): DeclaredKey {
  const alias = aliasOf(reference);
  const manager = alias === null ? null : alias.startsWith("alias/aws/") ? "AWS" : "CUSTOMER";
  return { reference, manager, aliases: alias === null ? [] : [reference] };
}

/** What a rule sees of the declared key. */
export function toKeyFacts({ reference, manager }: DeclaredKey): KeyFacts {
  return {
    arn: seen(reference),
    key:
      manager === null
        ? notSeen(`whether ${reference} is a customer managed key is known only in AWS`)
        : seen({ arn: reference, state: "Enabled", manager, deletionAt: null }),
  };
}

/** A required key, with an ARN that is equal to the declared one's if and only if both are the same key. */
export function toRequiredKey(requirement: string, key: DeclaredKey): RequiredKey {
  if (requirement === "customer-managed" || requirement === "aws-managed")
    return { requirement, arn: seen<string>(requirement), key: notSeen(notRead) };
  const same = isSameKey(requirement, key);
  const arn = typeof same === "string" ? notSeen(same) : seen(same ? key.reference : `not ${key.reference}`);
  return { requirement, arn, key: notSeen(notRead) };
}

function isSameKey(requirement: string, { reference, aliases, manager }: DeclaredKey): boolean | string {
  if (requirement === reference || aliases.includes(requirement)) return true;
  if (manager === "AWS") return false;
  const required = aliasOf(requirement);
  const given = [reference, ...aliases].map(aliasOf).filter((alias) => alias !== null);
  if (required !== null && given.length > 0 && !given.includes(required)) return false;
  const [requiredId, givenId] = [keyIdOf(requirement), keyIdOf(reference)];
  if (requiredId !== null && givenId !== null) return requiredId === givenId;
  return `whether ${reference} is ${requirement} is known only in AWS`;
}

/** The alias in its short form; null for a key ARN, a key ID or a resource. */
function aliasOf(reference: string): string | null {
  return /(?:^|:)(alias\/.+)$/.exec(reference)?.[1] ?? null;
}

function keyIdOf(reference: string): string | null {
  if (!isKeyReference(reference) || aliasOf(reference) !== null) return null;
  return reference.slice(reference.lastIndexOf("/") + 1);
}
