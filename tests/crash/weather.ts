import { AwsCallError } from "../../lib/model/errors.ts";
import type { InProcessCall } from "../support/in-process-region.ts";

/** Why the store, or whoever is told, does not answer; and whether they have done what they were asked all the same. */
type Outage = { readonly error: Error; readonly isDone: boolean };

/** What goes wrong from outside, until it is set back. */
export type Weather = {
  /** The next call that reads gets an older answer. */
  isStale: boolean;
  /** What the next call, or every one, is refused with: instead of AWS, and with what it was asked. */
  refuse: ((call: InProcessCall) => Error | null) | null;
  storeFails: (() => Outage | null) | null;
  tellFails: (() => Outage | null) | null;
  /** Whether the store, or whoever is told, is down for days: then neither can be expected to know how things ended. */
  isStoreDown: boolean;
  isTopicDown: boolean;
};

export const calm = (): Weather => ({
  ...{ isStale: false, refuse: null, storeFails: null, tellFails: null },
  ...{ isStoreDown: false, isTopicDown: false },
});

/** As S3 fails, for now or for good. */
export function storeError(isTransient: boolean): Error {
  return new AwsCallError("s3:PutObject", isTransient ? "InternalError" : "AccessDenied", "the store is not there");
}
