import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import * as z from "zod";
import type { Digest } from "../../../lib/model/change.ts";
import { messageSchema } from "../../../lib/model/message.ts";
import { maxMessageBytes, type TopicMessage } from "../../../lib/model/topic-message.ts";
import { toDigestMessage, toFindingMessage } from "../../../lib/report/topics/finding-message.ts";
import { now } from "../../support/builders.ts";
import { hostileChange } from "../hostile.ts";
import { aChange, aFinding } from "../sample-changes.ts";
import { expectSendable, sizeOf } from "../sendable.ts";

function parse({ body }: TopicMessage) {
  const message = messageSchema.parse(JSON.parse(body));
  if (!("finding" in message)) throw new Error("the message has no finding");
  return message;
}

const digest: Digest = {
  generatedAt: now,
  clean: false,
  complete: true,
  gaps: 0,
  oldestFirstSeenAt: now,
  emptiedRegions: [],
  reportUrl: "https://example.com/report",
  summary: {
    databases: 3,
    managed: 2,
    unmanaged: 1,
    inherited: 0,
    unsupported: 0,
    outOfScope: 0,
    findings: { critical: 0, high: 1, medium: 0, low: 0, exempt: 0, insufficientData: 0 },
  },
};

test("carries the finding of the report, and attributes for filter policies", () => {
  const message = toFindingMessage(aChange());
  expect(JSON.parse(message.body)).toEqual({
    schemaVersion: "1.0",
    type: "finding.opened",
    reason: "new",
    at: now,
    truncated: [],
    finding: aFinding(),
  });
  expect(message.attributes).toEqual({
    type: "finding.opened",
    severity: "high",
    rule: "master-password-managed",
    account: "123456789012",
    region: "eu-west-1",
  });
});

test("the only attribute of a digest is its type", () => {
  const { body, attributes } = toDigestMessage(digest);
  expect(attributes).toEqual({ type: "audit.completed" });
  expect(messageSchema.parse(JSON.parse(body))).toEqual({
    schemaVersion: "1.0",
    type: "audit.completed",
    at: now,
    audit: digest,
  });
});

test("omits a link of 1 MB from the digest", () => {
  const { body } = toDigestMessage({ ...digest, reportUrl: `https://example.com/${"x".repeat(1_000_000)}` });
  expect(messageSchema.parse(JSON.parse(body))).toMatchObject({ audit: { reportUrl: null } });
});

test.each(["account", "region"] as const)("omits an empty attribute: %s", (name) => {
  const { attributes } = toFindingMessage(aChange({}, { [name]: " " }));
  expect(attributes).not.toHaveProperty(name);
  expect(Object.keys(attributes)).toHaveLength(4);
});

describe("the SNS limit of 262,144 bytes", () => {
  const withEvidence = (bytes: number) => toFindingMessage(aChange({}, { evidence: { fact: "x".repeat(bytes) } }));
  const overhead = sizeOf(withEvidence(0));

  test("keeps a message that just fits", () => {
    const message = withEvidence(maxMessageBytes - overhead);
    expect(sizeOf(message)).toBe(maxMessageBytes);
    expect(parse(message).truncated).toEqual([]);
  });

  test("drops the evidence at one byte more and names it in truncated", () => {
    const message = withEvidence(maxMessageBytes - overhead + 1);
    expect(parse(message)).toMatchObject({ truncated: ["finding.evidence"], finding: { evidence: {} } });
  });

  test.each([
    [
      "10,000 tags",
      { tags: Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`tag-${index}`, "x".repeat(256)])) },
    ],
    ["1 MB of three-byte characters", { fact: "デ".repeat(350_000) }],
  ])("drops evidence of %s and keeps the rest", (_, evidence) => {
    const message = toFindingMessage(aChange({}, { evidence }));
    expect(sizeOf(message)).toBeLessThan(5_000);
    expect(parse(message).finding).toEqual({ ...aFinding(), evidence: {} });
  });

  test("truncates long texts if dropping the evidence is not enough", () => {
    const message = toFindingMessage(aChange({}, { message: "word ".repeat(100_000) }));
    const { truncated, finding } = parse(message);
    expect(truncated).toEqual(["finding.evidence", "finding.message"]);
    expect(finding.message).toMatch(/^word .* word…$/);
    expect(finding.remediation).toBe(aFinding().remediation);
  });

  test("fits a finding of megabytes of characters that JSON escapes", () => {
    const long = "\u0001".repeat(1_000_000);
    const exemption = { owner: long, reason: long, until: "2026-12-31", source: "tags" } as const;
    const message = toFindingMessage(
      aChange(
        {},
        {
          id: long,
          rule: long,
          account: long,
          region: long,
          message: long,
          remediation: long,
          resource: { arn: long, type: long, identifier: long, resourceId: long },
          exemption,
          endedExemption: exemption,
        },
      ),
    );
    expect(sizeOf(message)).toBeLessThanOrEqual(maxMessageBytes);
    expect(parse(message).truncated).toHaveLength(15);
  });
});

test("any data from AWS becomes a valid message that SNS accepts", () =>
  fc.assert(
    fc.property(hostileChange, (change) => {
      const message = toFindingMessage(change);
      expect(parse(message).finding.id.length).toBeLessThanOrEqual(change.finding.id.length);
      expectSendable(message);
    }),
    { numRuns: 60 },
  ));

test("the schema converts to JSON Schema and accepts additional properties", () => {
  expect(JSON.stringify(z.toJSONSchema(messageSchema))).toContain("audit.completed");
  const later = { ...JSON.parse(toFindingMessage(aChange()).body), added: true };
  expect(messageSchema.safeParse(later).success).toBe(true);
});
