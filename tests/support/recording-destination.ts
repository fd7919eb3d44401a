import type { Change, Digest } from "../../lib/model/change.ts";
import type { Finding } from "../../lib/model/finding.ts";
import type { DestinationName } from "../../lib/model/ledger.ts";
import type { Notice } from "../../lib/model/notice.ts";
import type { Destination } from "../../lib/publish/publish-report.ts";

/** A destination that records what it accepts. */
export type RecordingDestination = Required<Destination> & {
  readonly taken: Change[];
  readonly links: (string | null)[];
  readonly notices: Notice[];
  readonly digests: Digest[];
  readonly refreshed: { readonly findings: readonly Finding[]; readonly at: string }[];
  /** Changes to refuse, or an error to throw, by method. */
  fail: { deliver?: Error | ((change: Change) => boolean) | null; notify?: Error; sendDigest?: Error; refresh?: Error };
};

/** Creates a destination that accepts everything until `fail` is set. */
export function createRecordingDestination(name: DestinationName): RecordingDestination {
  const destination: RecordingDestination = {
    name,
    isDivisible: name === "findings",
    taken: [],
    links: [],
    notices: [],
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
    async notify(notices) {
      if (destination.fail.notify) throw destination.fail.notify;
      destination.notices.push(...notices);
    },
    async sendDigest(digest) {
      if (destination.fail.sendDigest) throw destination.fail.sendDigest;
      destination.digests.push(digest);
    },
    async refresh(findings, at) {
      if (destination.fail.refresh) throw destination.fail.refresh;
      destination.refreshed.push({ findings, at });
    },
  };
  return destination;
}
