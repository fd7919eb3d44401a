import * as z from "zod/mini";

/** A KMS key as `DescribeKey` reports it. `state` and `manager` are kept as AWS says them. */
export const keySchema = z.object({
  arn: z.string(),
  state: z.string(),
  /** `AWS` or `CUSTOMER`. The only AWS managed key that a secret can have is `aws/secretsmanager`. */
  manager: z.string(),
  deletionAt: z.nullable(z.string()),
});

export type Key = z.infer<typeof keySchema>;

/** Where a key reference was found: it decides what a bare key id or alias means. */
export type KeyScope = { readonly partition: string; readonly region: string; readonly account: string };

const keyArn = /^arn:[^:]+:kms:[^:]+:\d{12}:key\/[\w-]+$/;
const aliasName = /^alias\/|:alias\//;
const keyId = /^(mrk-[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;

/** Whether AWS could take the text for a key: a key ARN, key id, alias ARN or alias name. */
export function isKeyReference(text: string): boolean {
  return keyArn.test(text) || keyId.test(text) || /^(arn:[^:]+:kms:[^:]+:\d{12}:)?alias\/[\w/-]+$/.test(text);
}

/** The key ARN that a reference means, or null for an alias, which only KMS can resolve. */
export function toKeyArn(reference: string, scope: KeyScope): string | null {
  if (keyArn.test(reference)) return reference;
  if (aliasName.test(reference)) return null;
  return `arn:${scope.partition}:kms:${scope.region}:${scope.account}:key/${reference}`;
}

/** The reference that is asked of KMS, so that two spellings of one key cost one call: an ARN where that can be told. */
export function toCanonicalReference(reference: string, scope: KeyScope): string {
  if (reference.startsWith("alias/")) return `arn:${scope.partition}:kms:${scope.region}:${scope.account}:${reference}`;
  return toKeyArn(reference, scope) ?? reference;
}

/** The default key of Secrets Manager. Asking KMS for it by this name creates it where it does not exist yet. */
export const defaultKeyAlias = "alias/aws/secretsmanager";

/** Key states in which a secret can be read and rotated. Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html */
export function isUsableKeyState(state: string): boolean {
  return state === "Enabled" || state === "Updating";
}

/** Key states in which it cannot. `Creating` passes within seconds and is neither, as is a state that AWS added since. */
export function isUnusableKeyState(state: string): boolean {
  return ["Disabled", "PendingDeletion", "PendingReplicaDeletion", "PendingImport", "Unavailable"].includes(state);
}
