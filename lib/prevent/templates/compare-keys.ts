import { defaultKeyAlias, isKeyReference } from "../../model/key.ts";
import type { Fact, KeyFacts, RequiredKey } from "../../model/rule.ts";
import type { DeclaredKey } from "./declaration.ts";

const notSeen = (why: string) => ({ seen: false, why }) as const;
const seen = <T>(value: T | null): Fact<T> => ({ seen: true, value });
const notRead = "AWS was not read";

/** A key by ARN, ID or alias, as written. Only names that AWS reserves show who manages a key. */
export function toDeclaredKey(reference: string): DeclaredKey {
  const alias = aliasOf(reference);
  const manager = alias === null ? null : alias.startsWith("alias/aws/") ? "AWS" : "CUSTOMER";
  return { reference, manager, aliases: alias === null ? [] : [reference], resource: null, expression: null };
}

/** The default key of Secrets Manager, which a secret has if no key is given. */
export const defaultKey = toDeclaredKey(defaultKeyAlias);

/** The default key of RDS, which encrypted storage has if no key is given. */
export const defaultStorageKey = toDeclaredKey("alias/aws/rds");

/** A key that is not resolved. */
export function toUnresolvedKey(reference: string, expression: string | null = null): DeclaredKey {
  return { reference, manager: null, aliases: [], resource: null, expression };
}

/** The key of storage that is restored without a key of its own. */
export const sourceKey = toUnresolvedKey("the key of its snapshot or source");

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

/** The key of the storage, with an ARN that is equal to the secret's one if and only if both are the same key. */
export function toStorageKeyFact(storage: DeclaredKey | null, key: DeclaredKey): Fact<string> {
  if (storage === null) return seen<string>(null);
  const same = isSameDeclaredKey(key, storage);
  return typeof same === "string" ? notSeen(same) : seen(same ? key.reference : `not ${key.reference}`);
}

/** A service uses the AWS managed key of another one for nothing. Two aliases can lead to one key. */
function isSameDeclaredKey(one: DeclaredKey, other: DeclaredKey): boolean | string {
  if (one.resource !== null && other.resource !== null) return one.resource === other.resource;
  if (one.expression !== null && one.expression === other.expression) return true;
  const [names, otherNames] = [one, other].map(({ aliases }) => aliases.map(aliasOf)) as [string[], string[]];
  if (names.some((name) => otherNames.includes(name))) return true;
  if (one.manager === "AWS" || other.manager === "AWS") return false;
  const [id, otherId] = [keyIdOf(one.reference), keyIdOf(other.reference)];
  if (id !== null && otherId !== null) return id === otherId;
  return `whether ${one.reference} is ${other.reference} is known only in AWS`;
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
