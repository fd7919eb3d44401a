import { toggleNotInterrupted } from "../../rules/toggle-not-interrupted.ts";
import { aContext, aDatabase, aMasterUserSecret, unseen } from "../support/builders.ts";
import { describeRule } from "../support/rule-harness.ts";

const marker = "2026-11-24T09:00:00Z alias/orders";
const tags = { "rds-password-audit:toggle": marker };

const ownMarker = "2026-11-24T09:00:00Z aws-managed db-ORDERS-1";
const ownTags = { "rds-password-audit:toggle": ownMarker };

const copy = { tags: ownTags, createdAt: "2026-11-24T09:00:01Z", resourceId: "db-COPY" };

describeRule({
  rule: toggleNotInterrupted,
  url: import.meta.url,
  examples: {
    COMPLIANT: [
      {
        name: "an unmanaged database that no repair has touched",
        database: aDatabase({ management: "unmanaged" }),
        context: aContext(),
        messageId: "never",
      },
      {
        name: "a managed database that no repair has touched",
        database: aDatabase({ tags: { stage: "prod" } }),
        context: aContext(),
        messageId: "never",
      },
      {
        name: "a repair that finished all but its last step",
        database: aDatabase({ tags }),
        context: aContext({ secret: unseen() }),
        messageId: "onAgain",
        mentions: [marker],
      },
      {
        name: "a copy, restored since and managed, that has the tags of its source",
        database: aDatabase({ ...copy, masterUserSecret: aMasterUserSecret() }),
        context: aContext(),
        messageId: "inherited",
        mentions: [ownMarker],
      },
      {
        name: "a copy that is not managed: the snapshot may have been made while nobody knew the password",
        database: aDatabase({ ...copy, management: "unmanaged" }),
        context: aContext(),
        messageId: "inheritedOff",
        mentions: [ownMarker, "perhaps nobody knows its master password"],
      },
    ],
    NON_COMPLIANT: [
      {
        name: "a repair that turned management off and did not come back",
        database: aDatabase({ management: "unmanaged", tags }),
        context: aContext(),
        messageId: "interrupted",
        mentions: [`still off: ${marker}`, "--manage-master-user-password"],
        evidence: { marker },
      },
      {
        name: "a repair that began in the second in which the database was made",
        database: aDatabase({ management: "unmanaged", tags: ownTags, createdAt: "2026-11-24T09:00:00Z" }),
        context: aContext(),
        messageId: "interrupted",
        evidence: { marker: ownMarker },
      },
      {
        name: "a database that was made a moment ago, by a clock that is ahead of the repair's",
        database: aDatabase({ management: "unmanaged", tags: ownTags, createdAt: "2026-11-24T09:03:00Z" }),
        context: aContext(),
        messageId: "interrupted",
        evidence: { marker: ownMarker },
      },
      {
        name: "a database whose age nobody knows",
        database: aDatabase({ management: "unmanaged", tags: ownTags, createdAt: null }),
        context: aContext(),
        messageId: "interrupted",
        evidence: { marker: ownMarker },
      },
      {
        name: "a marker without a text is a marker",
        database: aDatabase({ management: "unmanaged", tags: { "rds-password-audit:toggle": "" } }),
        context: aContext(),
        messageId: "interrupted",
        evidence: { marker: "" },
      },
      {
        name: "a database that became unsupported in between was left behind too",
        database: aDatabase({ management: "unsupported", reason: "blue-green-deployment", tags }),
        context: aContext(),
        messageId: "interrupted",
        evidence: { marker },
      },
    ],
    NOT_APPLICABLE: [
      {
        name: "a cluster member to which RDS copied the cluster's tags",
        database: aDatabase({ management: "inherited", explanation: "its cluster is judged", tags }),
        context: aContext(),
        messageId: "notJudged",
        mentions: ["its cluster is judged"],
      },
      {
        name: "a database of another service",
        database: aDatabase({ management: "out-of-scope", masterUserSecret: aMasterUserSecret(), tags }),
        context: aContext(),
        messageId: "notJudged",
        mentions: ["out-of-scope"],
      },
    ],
    INSUFFICIENT_DATA: [],
  },
});
