import fc from "fast-check";
import { actionNames } from "../../lib/model/action.ts";
import type { Change } from "../../lib/model/change.ts";
import { databaseKinds } from "../../lib/model/database.ts";
import { type Finding, severities } from "../../lib/model/finding.ts";
import { gateNames } from "../../lib/model/gates.ts";
import type { Plan } from "../../lib/model/plan.ts";
import { type RemediationEvent, remediationEventTypes } from "../../lib/model/remediation-event.ts";
import { now } from "../support/builders.ts";

const nasty = fc.constantFrom(
  "<!channel>",
  "<@U123>",
  "<https://evil.example|Report>",
  "[Report](https://evil.example)",
  "https://evil.example",
  "@here",
  "```",
  "`",
  "*",
  "_x_",
  "~",
  "&",
  "&amp;",
  "</script><script>alert(1)</script>",
  "\" onload='x'",
  "\r\n",
  "\u2028",
  "\u001b[2J",
  "\u202e",
  "\ud83d",
  "😀",
  "\uffff",
  "\0",
  " ",
  "aws rds delete-db-instance --db-instance-identifier x",
  "orders",
);

/** Any code point except surrogates, like fast-check's unit "binary", which builds a table of all of them: a second in each test file. */
const character = fc.nat(0x10ffff - 0x800).map(
  (index) => String.fromCodePoint(index < 0xd800 ? index : index + 0x800),
  (text) => {
    const point = typeof text === "string" ? (text.codePointAt(0) ?? 0) : 0xd800;
    if (text !== String.fromCodePoint(point) || (point >= 0xd800 && point < 0xe000)) throw new Error("not a character");
    return point < 0xd800 ? point : point - 0x800;
  },
);

/** Untrusted texts: markup, control characters, unpaired surrogates, long repetitions. */
export const hostile: fc.Arbitrary<string> = fc.oneof(
  fc.array(nasty, { maxLength: 6 }).map((parts) => parts.join("")),
  fc.string({ unit: character, maxLength: 40 }),
  fc.tuple(nasty, fc.integer({ min: 1, max: 3_000 })).map(([part, times]) => part.repeat(times)),
);

const exemption = fc.record({
  owner: hostile,
  reason: hostile,
  until: fc.constant("2026-12-31"),
  source: fc.constantFrom("policy" as const, "tags" as const),
});

export const hostileFinding: fc.Arbitrary<Finding> = fc.record({
  id: hostile,
  rule: hostile,
  status: fc.constantFrom("NON_COMPLIANT" as const, "INSUFFICIENT_DATA" as const),
  severity: fc.constantFrom(...severities),
  resource: fc.record({
    arn: hostile,
    type: fc.oneof(fc.constantFrom("AWS::RDS::DBInstance", "AWS::RDS::DBCluster", "AWS::RDS::TenantDatabase"), hostile),
    identifier: hostile,
    resourceId: hostile,
  }),
  account: hostile,
  region: hostile,
  owner: fc.option(hostile, { nil: null }),
  message: hostile,
  evidence: fc.dictionary(
    hostile,
    fc.oneof(hostile, fc.integer(), fc.constant(null), fc.array(hostile, { maxLength: 2 })),
    {
      maxKeys: 3,
    },
  ),
  remediation: hostile,
  exemption: fc.option(exemption, { nil: null }),
  endedExemption: fc.option(exemption, { nil: null }),
  firstSeenAt: fc.constant("2026-11-01T00:00:00.000Z"),
});

const kinds = [
  ["finding.opened", "new"],
  ["finding.changed", "worse"],
  ["finding.changed", "exemption-ended"],
  ["finding.changed", "exempted"],
  ["finding.resolved", "fixed"],
  ["finding.resolved", "database-gone"],
  ["finding.resolved", "not-audited"],
] as const;

export const hostileChange: fc.Arbitrary<Change> = fc
  .tuple(fc.constantFrom(...kinds), hostileFinding)
  .map(([[type, reason], finding]) => ({ type, reason, finding, at: now }));

const hostileOrNone = fc.option(hostile, { nil: null });
const hostileGate = fc.record({ gate: fc.constantFrom(...gateNames), open: fc.boolean(), reason: hostile });
const hostileDatabase = fc.record({
  arn: hostile,
  kind: fc.constantFrom(...databaseKinds),
  identifier: hostile,
  resourceId: hostile,
  account: hostile,
  region: hostile,
});

export const hostileEvent: fc.Arbitrary<RemediationEvent> = fc.record({
  type: fc.constantFrom(...remediationEventTypes),
  at: fc.constant(now),
  execution: hostile,
  action: fc.constantFrom(...actionNames),
  rule: hostile,
  severity: fc.constantFrom(...severities),
  database: hostileDatabase,
  message: hostile,
  secret: fc.record({ before: hostileOrNone, after: hostileOrNone }),
  keyReference: hostileOrNone,
  approvalId: hostileOrNone,
  until: fc.constantFrom(null, now),
  gates: fc.array(hostileGate, { maxLength: 20 }),
  managed: fc.constantFrom(null, true, false),
  recovery: fc.array(hostile, { maxLength: 6 }),
});

export const hostilePlan: fc.Arbitrary<Plan> = fc.record({
  schemaVersion: fc.constant("1.0" as const),
  observedAt: fc.constant(now),
  complete: fc.boolean(),
  actions: fc.array(
    fc.record({
      id: hostile,
      action: fc.constantFrom(...actionNames),
      rule: hostile,
      severity: fc.constantFrom(...severities),
      database: hostileDatabase,
      gates: fc.array(hostileGate, { maxLength: 4 }),
      runnable: fc.boolean(),
      impact: hostile,
      consequences: fc.array(fc.record({ code: hostile, text: hostile, source: hostile, asOf: hostile }), {
        maxLength: 2,
      }),
      keyReference: hostileOrNone,
    }),
    { maxLength: 6 },
  ),
  manual: fc.array(
    fc.record({
      finding: hostile,
      database: hostileDatabase,
      rule: hostile,
      reason: hostile,
      what: hostile,
      awsCli: fc.array(hostile, { maxLength: 3 }),
      cloudFormation: hostileOrNone,
      terraform: hostileOrNone,
    }),
    { maxLength: 4 },
  ),
});
