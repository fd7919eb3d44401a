import * as z from "zod/mini";
import { makeArn, parseArn } from "./arn.ts";

/** A KMS key as `DescribeKey` reports it. `state` and `manager` keep AWS's values. */
export const keySchema = z.object({
  arn: z.string(),
  state: z.string(),
  /** `AWS` or `CUSTOMER`. The only AWS managed key that a secret can have is `aws/secretsmanager`. */
  manager: z.string(),
  deletionAt: z.nullable(z.string()),
});

export type Key = z.infer<typeof keySchema>;

/** A grant of a KMS key as `ListGrants` reports it. */
export const grantSchema = z.object({
  /** An ARN, or the name of a service. */
  grantee: z.string(),
  operations: z.array(z.string()),
  /** Allowed only for some encryption contexts or source ARNs. */
  isConstrained: z.boolean(),
});

export type Grant = z.infer<typeof grantSchema>;

/** The partition, Region and account in which a key id or alias is resolved. */
export type KeyScope = { readonly partition: string; readonly region: string; readonly account: string };

const keyArn = /^arn:[^:]+:kms:[^:]+:\d{12}:key\/[\w-]+$/;
const aliasName = /^alias\/|:alias\//;
const keyId = /^(mrk-[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;

/** True if the text is a key ARN, key id, alias ARN or alias name. */
export function isKeyReference(text: string): boolean {
  return keyArn.test(text) || keyId.test(text) || /^(arn:[^:]+:kms:[^:]+:\d{12}:)?alias\/[\w/-]+$/.test(text);
}

/** Resolves a reference to a key ARN; null for an alias, which only KMS can resolve. */
export function toKeyArn(reference: string, scope: KeyScope): string | null {
  if (keyArn.test(reference)) return reference;
  if (aliasName.test(reference)) return null;
  return makeArn({ ...scope, service: "kms", resource: `key/${reference}` });
}

/** True if a key belongs to the account: a key id or alias without an ARN, or null for the default key, belongs to the caller's. */
export function isKeyOfAccount(reference: string | null, account: string): boolean {
  return (parseArn(reference ?? "")?.account ?? account) === account;
}

/** The reference to send to KMS, an ARN if possible, so that two spellings of one key cost one call. */
export function toCanonicalReference(reference: string, scope: KeyScope): string {
  if (reference.startsWith("alias/")) return makeArn({ ...scope, service: "kms", resource: reference });
  return toKeyArn(reference, scope) ?? reference;
}

/** The default key of Secrets Manager. `DescribeKey` with this alias creates the key if it does not exist. */
export const defaultKeyAlias = "alias/aws/secretsmanager";

/** True if a secret can be read and rotated with a key in this state. Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html */
export function isUsableKeyState(state: string): boolean {
  return state === "Enabled" || state === "Updating";
}

/** True if a secret cannot be read or rotated with a key in this state. `Creating` and undocumented states are neither usable nor unusable. */
export function isUnusableKeyState(state: string): boolean {
  return ["Disabled", "PendingDeletion", "PendingReplicaDeletion", "PendingImport", "Unavailable"].includes(state);
}
