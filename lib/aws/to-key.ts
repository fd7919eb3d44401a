import type { KeyMetadata } from "@aws-sdk/client-kms";
import { unknown } from "../model/database.ts";
import type { Key } from "../model/key.ts";
import { toInstant } from "./to-database.ts";

/** Translates a KMS key. A state or manager that AWS leaves out is `unknown`. */
export function toKey(metadata: KeyMetadata): Key {
  return {
    arn: metadata.Arn ?? unknown,
    state: metadata.KeyState ?? unknown,
    manager: metadata.KeyManager ?? unknown,
    deletionAt: toInstant(metadata.DeletionDate),
  };
}
