import { describe, expect, test } from "@jest/globals";
import type { Change, Digest } from "../../lib/model/change.ts";
import { destinationNames } from "../../lib/model/ledger.ts";
import { messageSchema } from "../../lib/model/message.ts";
import type { OutgoingMessage } from "../../lib/model/topic-message.ts";
import {
  createAlertsDestination,
  createFindingsDestination,
  createSecurityHubDestination,
  type ImportFindings,
  type Publish,
} from "../../lib/publish/destinations.ts";
import { toDigest } from "../../lib/publish/publish-report.ts";
import type { SecurityHubFinding } from "../../lib/report/aws/asff.ts";
import type { AlertMessage } from "../../lib/report/chat/alert-message.ts";
import { account, hoursFromNow, now, region } from "../support/builders.ts";
import { aChangeOn, aFindingOn, anExemption, aReportWith } from "../support/findings.ts";

const tooLarge = "it is too large";
const reportUrl = "https://reports.example/1";
const context = { reportUrl };
const changes = ["orders", "shop", "ledger"].map((identifier) => aChangeOn(identifier));

/** A topic that records its messages and refuses those with the given ids. */
function aTopic(...refused: string[]) {
  const sent: OutgoingMessage[] = [];
  const publish: Publish = async (messages) => {
    sent.push(...messages);
    return messages.filter(({ id }) => refused.includes(id)).map(({ id }) => ({ id, reason: tooLarge }));
  };
  return { sent, publish };
}

const refuseAll: Publish = async (messages) => messages.map(({ id }) => ({ id, reason: tooLarge }));
const refusalOf = (change: Change | undefined) => ({ change, reason: tooLarge });
const offline = () => Promise.reject(new Error("no such topic"));

test("each destination is named after its outbox in the ledger", () => {
  const { publish } = aTopic();
  expect([
    createFindingsDestination(publish).name,
    createAlertsDestination(publish, { threshold: "high", exemptionTags: false }).name,
    createSecurityHubDestination(async () => []).name,
  ]).toEqual(destinationNames);
});

describe("the findings topic", () => {
  test("gets one message for each change, with a unique id, attributes and a body of the published schema", async () => {
    const { sent, publish } = aTopic();
    expect(await createFindingsDestination(publish).deliver(changes, context)).toEqual([]);
    expect(new Set(sent.map(({ id }) => id)).size).toBe(3);
    expect(sent.map(({ body }) => messageSchema.parse(JSON.parse(body)))).toEqual(
      changes.map((change) => expect.objectContaining(change)),
    );
    expect(sent[0]?.attributes).toEqual({
      type: "finding.opened",
      severity: "high",
      rule: "master-password-managed",
      account,
      region,
    });
  });

  test.each([0, 1, 2])("returns the change of refused message %d", async (index) => {
    const [id = ""] = await idsOf(index);
    const { publish } = aTopic(id);
    expect(await createFindingsDestination(publish).deliver(changes, context)).toEqual([refusalOf(changes[index])]);
  });

  /** The id of a change's message. */
  async function idsOf(index: number): Promise<string[]> {
    const { sent, publish } = aTopic();
    await createFindingsDestination(publish).deliver(changes, context);
    return sent.slice(index, index + 1).map(({ id }) => id);
  }

  test("returns all changes if all messages are refused", async () => {
    expect(await createFindingsDestination(refuseAll).deliver(changes, context)).toEqual(changes.map(refusalOf));
  });

  test("throws if the topic does not exist", async () => {
    await expect(createFindingsDestination(offline).deliver(changes, context)).rejects.toThrow("no such topic");
  });

  const digest: Digest = toDigest(aReportWith({ findings: [aFindingOn("orders")] }), reportUrl, []);

  test("gets the digest of an audit", async () => {
    const { sent, publish } = aTopic();
    await createFindingsDestination(publish).sendDigest?.(digest);
    expect(sent.map(({ body }) => messageSchema.parse(JSON.parse(body)))).toEqual([
      { schemaVersion: "1.0", type: "audit.completed", at: now, audit: digest },
    ]);
    expect(sent[0]?.attributes).toEqual({ type: "audit.completed" });
  });

  test("throws if the digest is refused", async () => {
    await expect(createFindingsDestination(refuseAll).sendDigest?.(digest)).rejects.toThrow(
      "The digest was refused: it is too large",
    );
  });
});

describe("the alerts topic", () => {
  const options = { threshold: "high", exemptionTags: false } as const;
  const alertsIn = (sent: readonly OutgoingMessage[]) => sent.map(({ body }) => JSON.parse(body) as AlertMessage);

  test("gets a custom notification for each database, with a unique id and a link to the report", async () => {
    const { sent, publish } = aTopic();
    expect(await createAlertsDestination(publish, options).deliver(changes, context)).toEqual([]);
    expect(new Set(sent.map(({ id }) => id)).size).toBe(3);
    expect(alertsIn(sent).map(({ version, source }) => [version, source])).toEqual(Array(3).fill(["1.0", "custom"]));
    for (const { body } of sent) expect(body).toContain(reportUrl);
  });

  test("gets one message for many changes", async () => {
    const { sent, publish } = aTopic();
    const many = Array.from({ length: 300 }, (_, index) => aChangeOn(`db-${index}`));
    await createAlertsDestination(publish, options).deliver(many, context);
    expect(sent).toHaveLength(1);
  });

  test.each([
    ["medium", 0],
    ["high", 1],
    ["critical", 1],
  ] as const)("threshold high, a %s finding: %d messages, delivered in either case", async (severity, count) => {
    const { sent, publish } = aTopic();
    const change = aChangeOn("orders", {}, { severity });
    expect(await createAlertsDestination(publish, options).deliver([change], context)).toEqual([]);
    expect(sent).toHaveLength(count);
  });

  test("returns all changes if one message is refused", async () => {
    const { publish } = aTopic("1");
    expect(await createAlertsDestination(publish, options).deliver(changes, context)).toEqual(changes.map(refusalOf));
  });

  test("throws if the topic does not exist", async () => {
    await expect(createAlertsDestination(offline, options).deliver(changes, context)).rejects.toThrow("no such topic");
  });

  test("has no digest", () => {
    expect(createAlertsDestination(aTopic().publish, options).sendDigest).toBeUndefined();
  });
});

describe("Security Hub", () => {
  /** A hub that records imported findings and refuses those of the given databases. */
  function aHub(...refused: string[]) {
    const imported: SecurityHubFinding[] = [];
    const importFindings: ImportFindings = async (findings) => {
      imported.push(...findings);
      const isRefused = ({ Title }: SecurityHubFinding) => refused.some((name) => Title.includes(` ${name}.`));
      return findings.filter(isRefused).map(({ Id }) => ({ id: Id, reason: tooLarge }));
    };
    return { imported, destination: createSecurityHubDestination(importFindings) };
  }
  const inShort = (imported: readonly SecurityHubFinding[]) =>
    imported.map(({ Resources, RecordState, Compliance, UpdatedAt }) => [
      Resources[0]?.Id.split(":").at(-1),
      RecordState,
      Compliance.Status,
      UpdatedAt,
    ]);
  const at = (
    hours: number,
    type: Change["type"],
    reason: Change["reason"],
    exemption: typeof anExemption | null = null,
  ) => aChangeOn("orders", { type, reason, at: hoursFromNow(hours) }, { exemption });

  test("gets each finding under the product of its account and Region", async () => {
    const { imported, destination } = aHub();
    const far = aChangeOn("far", {}, { account: "210987654321", region: "us-east-1" });
    expect(await destination.deliver([aChangeOn("orders"), far], context)).toEqual([]);
    expect(imported.map(({ Id, ProductArn }) => [Id, ProductArn])).toEqual([
      [
        "master-password-managed/arn:aws:rds:eu-west-1:123456789012:db:orders",
        "arn:aws:securityhub:eu-west-1:123456789012:product/123456789012/default",
      ],
      [
        "master-password-managed/arn:aws:rds:us-east-1:210987654321:db:far",
        "arn:aws:securityhub:us-east-1:210987654321:product/210987654321/default",
      ],
    ]);
  });

  test("gets a finding in China under a product in China", async () => {
    const { imported, destination } = aHub();
    const resource = { ...aFindingOn("orders").resource, arn: "arn:aws-cn:rds:cn-north-1:123456789012:db:orders" };
    await destination.deliver([aChangeOn("orders", {}, { resource, region: "cn-north-1" })], context);
    expect(imported.map(({ ProductArn }) => ProductArn)).toEqual([
      "arn:aws-cn:securityhub:cn-north-1:123456789012:product/123456789012/default",
    ]);
  });

  test.each([
    ["opened", at(0, "finding.opened", "new"), "ACTIVE", "FAILED"],
    ["worse", at(0, "finding.changed", "worse"), "ACTIVE", "FAILED"],
    ["exemption ended", at(0, "finding.changed", "exemption-ended"), "ACTIVE", "FAILED"],
    ["exempted", at(0, "finding.changed", "exempted", anExemption), "ARCHIVED", "FAILED"],
    ["fixed", at(0, "finding.resolved", "fixed"), "ARCHIVED", "PASSED"],
    ["gone", at(0, "finding.resolved", "database-gone"), "ARCHIVED", "NOT_AVAILABLE"],
    ["not audited", at(0, "finding.resolved", "not-audited"), "ARCHIVED", "NOT_AVAILABLE"],
  ])("shows the current state of a finding: %s", async (_, change, state, compliance) => {
    const { imported, destination } = aHub();
    await destination.deliver([change], context);
    expect(inShort(imported)).toEqual([["orders", state, compliance, now]]);
  });

  test("gets the last change of each finding", async () => {
    const { imported, destination } = aHub();
    const outbox = [at(-2, "finding.opened", "new"), aChangeOn("shop"), at(-1, "finding.resolved", "fixed")];
    expect(await destination.deliver(outbox, context)).toEqual([]);
    expect(inShort(imported)).toEqual([
      ["orders", "ARCHIVED", "PASSED", hoursFromNow(-1)],
      ["shop", "ACTIVE", "FAILED", now],
    ]);
  });

  test("returns all changes of a refused finding and no others", async () => {
    const { destination } = aHub("orders");
    const outbox = [at(-2, "finding.opened", "new"), aChangeOn("shop"), at(-1, "finding.resolved", "fixed")];
    expect(await destination.deliver(outbox, context)).toEqual([refusalOf(outbox[0]), refusalOf(outbox[2])]);
  });

  test("returns the change of a refused finding whose id was shortened", async () => {
    const { imported, destination } = aHub("orders");
    const change = aChangeOn("orders", {}, { id: `master-password-managed/${"x".repeat(600)}` });
    expect(await destination.deliver([change, aChangeOn("shop")], context)).toEqual([refusalOf(change)]);
    expect(imported[0]?.Id.length).toBeLessThanOrEqual(512);
  });

  test("throws if it is not enabled", async () => {
    const destination = createSecurityHubDestination(() => Promise.reject(new Error("not enabled")));
    await expect(destination.deliver(changes, context)).rejects.toThrow("not enabled");
    await expect(destination.refresh?.([], now)).rejects.toThrow("not enabled");
  });

  test("gets all open findings again, with the time of the audit", async () => {
    const { imported, destination } = aHub();
    await destination.refresh?.([aFindingOn("orders", { firstSeenAt: hoursFromNow(-48) }), aFindingOn("shop")], now);
    expect(inShort(imported)).toEqual([
      ["orders", "ACTIVE", "FAILED", now],
      ["shop", "ACTIVE", "FAILED", now],
    ]);
    expect(imported[0]?.FirstObservedAt).toBe(hoursFromNow(-48));
  });

  test("throws with the number of refused findings", async () => {
    const { destination } = aHub("orders");
    const findings = [aFindingOn("orders"), aFindingOn("shop")];
    await expect(destination.refresh?.(findings, now)).rejects.toThrow(
      "1 of 2 findings were refused. First reason: it is too large",
    );
  });
});
