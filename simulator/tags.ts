import { withTags } from "./databases.ts";
import { invalidValue } from "./rds-errors.ts";
import type { Tag } from "./resources.ts";

/** True if the tag key is reserved for AWS. */
export function isReserved({ Key }: Tag): boolean {
  return /^aws:/i.test(Key);
}

function checkTag(tag: Tag): void {
  const { Key, Value = "" } = tag;
  // Wording not verified.
  if (isReserved(tag) || /^rds:/i.test(Key)) throw invalidValue(`Tag keys can't begin with aws: or rds:: ${Key}`);
  if (Key.length < 1 || Key.length > 128) throw invalidValue("Tag keys must have 1 to 128 characters.");
  if (Value.length > 256) throw invalidValue("Tag values can have at most 256 characters.");
  for (const text of [Key, Value])
    if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(text)) throw invalidValue(`Tags can't contain this: ${text}`);
}

/** Adds a caller's tags. AWS's tags do not count toward the limit. @throws SimulatedError `InvalidParameterValue` for tags that RDS rejects. */
export function withCallersTags(tags: readonly Tag[], added: readonly Tag[]): Tag[] {
  added.forEach(checkTag);
  const all = withTags(tags, added);
  // Wording not verified.
  if (all.filter((tag) => !isReserved(tag)).length > 50) throw invalidValue("A resource can have at most 50 tags.");
  return all;
}
