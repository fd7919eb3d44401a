import type { Change, Digest } from "../../lib/model/change.ts";
import type { Finding } from "../../lib/model/finding.ts";
import type { DestinationName } from "../../lib/model/ledger.ts";
import type { Destination } from "../../lib/publish/publish-report.ts";

/** An outlet that remembers what it took. */
export type RecordingOutlet = Required<Destination> & {
  readonly taken: Change[];
  readonly links: (string | null)[];
  readonly digests: Digest[];
  readonly refreshed: { readonly findings: readonly Finding[]; readonly at: string }[];
  /** The changes that it refuses, or an error that it throws, by method. */
  fail: { deliver?: Error | ((change: Change) => boolean) | null; announce?: Error; refresh?: Error };
};

/** Opens an outlet that takes everything until it is told to fail. */
export function createRecordingOutlet(name: DestinationName): RecordingOutlet {
  const destination: RecordingOutlet = {
    name,
    taken: [],
    links: [],
    digests: [],
    refreshed: [],
    fail: {},
    async deliver(changes, { reportUrl }) {
      await new Promise((resolve) => setImmediate(resolve));
      const { deliver = null } = destination.fail;
      if (deliver instanceof Error) throw deliver;
      const isRefused = deliver ?? (() => false);
      destination.links.push(reportUrl);
      destination.taken.push(...changes.filter((change) => !isRefused(change)));
      return changes.filter(isRefused).map((change) => ({ change, reason: "it is too large" }));
    },
    async announce(digest) {
      if (destination.fail.announce) throw destination.fail.announce;
      destination.digests.push(digest);
    },
    async refresh(findings, at) {
      if (destination.fail.refresh) throw destination.fail.refresh;
      destination.refreshed.push({ findings, at });
    },
  };
  return destination;
}
