import { type Stored, updateStored } from "../storage/update-stored.ts";
import { type BucketOptions, type OpenBucket, toCondition } from "./open-bucket.ts";

/** Creates a function that writes an object unless one that is as new or newer is stored. */
export function createLatestWriter(bucket: OpenBucket, options: BucketOptions) {
  return async (written: Parameters<OpenBucket["write"]>[0], generatedAt: string): Promise<void> => {
    const latest: Stored<string | undefined> = {
      name: bucket.location(written.key),
      async read() {
        const there = await bucket.head(written.key);
        return { value: there?.metadata["generated-at"], version: there?.version ?? null };
      },
      write: (instant, version) => bucket.write(written, toCondition(version), instant),
    };
    const isOlder = (instant = "") => !(Date.parse(instant) >= Date.parse(generatedAt));
    await updateStored(latest, (instant) => (isOlder(instant) ? generatedAt : null), options);
  };
}
