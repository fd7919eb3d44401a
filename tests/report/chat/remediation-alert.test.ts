import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { impacts } from "../../../lib/model/action.ts";
import { planGateNames } from "../../../lib/model/gates.ts";
import type { RemediationEvent } from "../../../lib/model/remediation-event.ts";
import { toAlerts } from "../../../lib/report/chat/finding-alerts.ts";
import { toRemediationAlert } from "../../../lib/report/chat/remediation-alert.ts";
import { expectGolden } from "../../golden/golden.ts";
import { account, databaseArn, keyArn, region, secretArn } from "../../support/builders.ts";
import {
  aLeftOff,
  anApprovalRequest,
  approvalId,
  aRefusal,
  aRemediationEvent,
  aReplacement,
  newSecretArn,
  turnOn,
} from "../../support/remediation-events.ts";
import { expectSafeAlert } from "../expect-safe-alert.ts";
import { hostileEvent } from "../hostile.ts";
import { aChangeOf, show } from "../sample-changes.ts";

const notified = (event: RemediationEvent) => toRemediationAlert(event).content;
const failed = (overrides: Partial<RemediationEvent>) =>
  aRemediationEvent({
    type: "remediation.failed",
    message: "Not repaired: secret-not-impaired still reports NON_COMPLIANT.",
    secret: { before: null, after: null },
    keyReference: null,
    managed: true,
    ...overrides,
  });
const enabled = aReplacement({
  action: "enable",
  rule: "master-password-managed",
  message: "The master password is now in a secret.",
  secret: { before: null, after: newSecretArn },
});

test.each([
  ["approval", anApprovalRequest()],
  ["started", aRemediationEvent()],
  ["replaced", aReplacement()],
  ["enabled", enabled],
  [
    "succeeded",
    aRemediationEvent({
      type: "remediation.succeeded",
      message: "Repaired and verified. The tags of the old secret could not be restored (AccessDenied).",
    }),
  ],
  ["refused", aRefusal()],
  [
    "rejected",
    aRefusal({
      message: "Nothing was changed: approved: rejected by arn:aws:iam::123456789012:user/ana.",
      gates: [{ gate: "approved", open: false, reason: "rejected by arn:aws:iam::123456789012:user/ana" }],
    }),
  ],
  ["failed", failed({ action: "rotate", rule: "secret-not-impaired" })],
  ["left-off", aLeftOff()],
  [
    "in-doubt",
    failed({
      managed: null,
      message: "Not repaired: internal error: fetch failed.",
    }),
  ],
])("golden: %s", (name, event) => expectGolden(`remediation-${name}`, show(toRemediationAlert(event))));

test("belongs to the thread of the database's findings", () => {
  const [finding] = toAlerts([aChangeOf("orders")], { threshold: "low", reportUrl: null, exemptionTags: false });
  expect(toRemediationAlert(aRemediationEvent()).metadata.threadId).toBe(finding?.metadata.threadId);
});

describe("an approval request", () => {
  const { description } = notified(anApprovalRequest());

  test.each(["approve", "reject"])("has the command to %s, however long the id is", (verb) =>
    expect(description).toContain(`\`\`\`rds-password-audit ${verb} ${approvalId}\`\`\``),
  );

  test("names the effect, the secret, the key and the expiry", () => {
    for (const text of [impacts.toggle, secretArn, keyArn, "2026-11-27 12:00 UTC"]) expect(description).toContain(text);
  });

  test("quotes an id with shell characters", () =>
    expect(notified(anApprovalRequest({ approvalId: "a;b $(c)" })).description).toContain(
      "```rds-password-audit approve 'a;b $(c)'```",
    ));

  test.each([
    ["is too long for a message", "x".repeat(4_000)],
    ["is missing", null],
    ["could be markup", "https://evil.example"],
  ])("refers to the findings topic if the id %s", (_, id) => {
    const { description } = notified(anApprovalRequest({ approvalId: id }));
    expect(description).not.toContain("rds-password-audit");
    expect(description).toContain("`approvalId` in the message of the findings topic");
  });
});

describe("management left off", () => {
  test("has the state in the title and the complete command first", () => {
    const { title, description } = notified(aLeftOff());
    expect(title).toBe("🚨 Management is OFF on DB instance orders: its master password is unknown");
    expect(description.split("\n").slice(0, 2)).toEqual([
      "*Turn it on now* in 123456789012 eu-west-1, which creates a new secret:",
      `\`\`\`${turnOn}\`\`\``,
    ]);
  });

  test("has a command even if the event has none", () =>
    expect(notified(aLeftOff({ recovery: [] })).description).toContain(
      `\`\`\`aws rds modify-db-instance --region ${region} --db-instance-identifier orders --manage-master-user-password\`\`\``,
    ));

  test("has advice about the key only if the command names one", () => {
    expect(notified(aLeftOff()).nextSteps.join()).toContain("`--master-user-secret-kms-key-id`");
    expect(notified(aLeftOff({ recovery: [] })).nextSteps.join()).not.toContain("--master-user-secret-kms-key-id");
  });
});

describe("a failed toggle whose management state is unknown", () => {
  test.each(["toggle", "finish-interrupted"] as const)("raises an alarm with the command to check: %s", (action) => {
    const { title, description } = notified(failed({ action, managed: null }));
    expect(title).toBe(`🚨 Management may be OFF on DB instance orders: ${action} failed`);
    expect(description.split("\n")[1]).toBe(
      `\`\`\`aws rds describe-db-instances --region ${region} --db-instance-identifier orders --query 'DBInstances[0].MasterUserSecret' --output json\`\`\``,
    );
  });

  test.each([
    ["cluster", "ledger", "describe-db-clusters --region eu-west-1 --db-cluster-identifier ledger"],
    [
      "tenant-database",
      "orders/PDB1",
      "describe-tenant-databases --region eu-west-1 --db-instance-identifier orders --tenant-db-name PDB1",
    ],
  ] as const)("has the command for a %s", (kind, identifier, command) => {
    const database = { ...aRemediationEvent().database, kind, identifier };
    expect(notified(failed({ managed: null, database })).description).toContain(command);
  });

  test.each([
    ["rotate", null],
    ["toggle", true],
  ] as const)("%s with managed %s raises no alarm", (action, managed) =>
    expect(notified(failed({ action, managed })).title).toBe(`🔴 Failed: ${action} of DB instance orders`),
  );
});

describe("a replaced secret", () => {
  test("names both ARNs", () => {
    const { description } = notified(aReplacement());
    expect(description).toContain(`*Old:* \`${secretArn}\`\n*New:* \`${newSecretArn}\``);
  });

  test.each([
    ["there was none", enabled, "*Old:* none"],
    ["the old one is unknown", aReplacement({ secret: { before: null, after: newSecretArn } }), "*Old:* unknown"],
    ["the new one is unknown", aReplacement({ secret: { before: secretArn, after: null } }), "*New:* unknown"],
  ])("says if %s", (_, event, text) => expect(notified(event).description).toContain(text));
});

describe("a refusal", () => {
  test("names every gate, with the command that opens it as code", () => {
    const { description } = notified(aRefusal());
    expect(description).toContain("• *status-available*: orders is stopped");
    expect(description).toMatch(/• \*secret-not-replicated\*: .*aws secretsmanager remove-regions-from-replication/);
  });

  test("counts the gates that are not shown", () => {
    const gates = planGateNames.slice(0, 19).map((gate) => ({ gate, open: false, reason: "no" }));
    expect(notified(aRefusal({ gates })).description).toContain("• *status-available*: no\n• … and 11 more gates");
  });

  test("shows its message if it has no gates", () =>
    expect(notified(aRefusal({ gates: [], message: "Nothing was changed: no." })).description).toContain(
      "Nothing was changed: no.",
    ));
});

test("says so if commands do not fit", () => {
  const recovery = Array.from({ length: 40 }, (_, index) => `aws rds do-something --with ${"x".repeat(100)}-${index}`);
  const { description } = notified(failed({ recovery }));
  expect(description).toContain("-0```");
  expect(description).toContain("`recovery` in the message of the findings topic");
});

test("names the severity in its keywords only if someone must act", () => {
  const tail = ["toggle", "secret-key-as-required", account, region];
  expect(notified(aRemediationEvent()).keywords).toEqual(tail);
  for (const event of [anApprovalRequest(), failed({}), aLeftOff()])
    expect(notified(event).keywords).toEqual(["high", ...tail]);
});

test("has a context for custom actions", () =>
  expect(toRemediationAlert(aRemediationEvent()).metadata.additionalContext).toMatchObject({
    type: "remediation.started",
    action: "toggle",
    arn: databaseArn,
    execution: "db-ORDERS-1",
  }));

test("is within all limits and free of markup for any input", () =>
  fc.assert(
    fc.property(hostileEvent, (event) => expectSafeAlert(toRemediationAlert(event))),
    { numRuns: 300 },
  ));
