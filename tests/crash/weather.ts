import { AwsCallError } from "../../lib/model/errors.ts";
import type { InProcessCall } from "../support/in-process-region.ts";

/** The error of the store or a topic, and whether the request took effect all the same. */
type Outage = { readonly error: Error; readonly isDone: boolean };

/** What goes wrong from outside, until it is set back. */
export type Weather = {
  /** The next call that reads gets an older answer. */
  isStale: boolean;
  /** What the next call, or every one, is refused with: instead of AWS, and with what it was asked. */
  refuse: ((call: InProcessCall) => Error | null) | null;
  /** Changes what AWS answers; called with a copy. */
  change: ((call: InProcessCall, answer: object) => object) | null;
  storeFails: (() => Outage | null) | null;
  notifyFails: (() => Outage | null) | null;
  /** Down for days: then the outcome cannot be expected there. */
  isStoreDown: boolean;
  isTopicDown: boolean;
};

export const calm = (): Weather => ({
  ...{ isStale: false, refuse: null, change: null, storeFails: null, notifyFails: null },
  ...{ isStoreDown: false, isTopicDown: false },
});

/** As S3 fails, for now or for good. */
export function storeError(isTransient: boolean): Error {
  const code = isTransient ? "InternalError" : "AccessDenied";
  return new AwsCallError("s3:PutObject", code, "the store is not there", { isTransient });
}
