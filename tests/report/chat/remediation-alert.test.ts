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
    message: "It is not repaired: secret-not-impaired still says NON_COMPLIANT.",
    secret: { before: null, after: null },
    keyReference: null,
    managed: true,
    ...overrides,
  });
const enabled = aReplacement({
  action: "enable",
  rule: "master-password-managed",
  message: "The master password is in a secret now.",
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
      message:
        "It is repaired, and verified. The resource policy of the old secret denies RDS, and was not put on the new one.",
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
      message: "It is not repaired: an error in the program, or in what it runs on: fetch failed.",
    }),
  ],
])("golden: %s", (name, event) => expectGolden(`remediation-${name}`, show(toRemediationAlert(event))));

test("it stands in the thread of the database's findings", () => {
  const [finding] = toAlerts([aChangeOf("orders")], { threshold: "low", reportUrl: null, exemptionTags: false });
  expect(toRemediationAlert(aRemediationEvent()).metadata.threadId).toBe(finding?.metadata.threadId);
});

describe("who is asked for approval", () => {
  const { description } = notified(anApprovalRequest());

  test.each(["approve", "reject"])("can copy the command to %s, however long the id is", (verb) =>
    expect(description).toContain(`\`\`\`rds-password-audit ${verb} ${approvalId}\`\`\``),
  );

  test("knows what it does, to which secret, with which key, and until when to answer", () => {
    for (const text of [impacts.toggle, secretArn, keyArn, "2026-11-27 12:00 UTC"]) expect(description).toContain(text);
  });

  test("gets an id that a shell would take apart in quotes", () =>
    expect(notified(anApprovalRequest({ approvalId: "a;b $(c)" })).description).toContain(
      "```rds-password-audit approve 'a;b $(c)'```",
    ));

  test.each([
    ["is too long for a message", "x".repeat(4_000)],
    ["is missing", null],
    ["could be markup", "https://evil.example"],
  ])("is sent to the other topic where the id %s", (_, id) => {
    const { description } = notified(anApprovalRequest({ approvalId: id }));
    expect(description).not.toContain("rds-password-audit");
    expect(description).toContain("`approvalId` in the message of the findings topic");
  });
});

describe("where management was left off", () => {
  test("the command comes first, whole, and the title says so", () => {
    const { title, description } = notified(aLeftOff());
    expect(title).toBe("🚨 Management is OFF on DB instance orders: nobody knows its master password");
    expect(description.split("\n").slice(0, 2)).toEqual([
      "*Turn it on now* in 123456789012 eu-west-1, which makes a new secret:",
      `\`\`\`${turnOn}\`\`\``,
    ]);
  });

  test("there is a command even where none was given", () =>
    expect(notified(aLeftOff({ recovery: [] })).description).toContain(
      `\`\`\`aws rds modify-db-instance --region ${region} --db-instance-identifier orders --manage-master-user-password\`\`\``,
    ));

  test("advice about the key is given only where the command has one", () => {
    expect(notified(aLeftOff()).nextSteps.join()).toContain("`--master-user-secret-kms-key-id`");
    expect(notified(aLeftOff({ recovery: [] })).nextSteps.join()).not.toContain("--master-user-secret-kms-key-id");
  });
});

describe("where a toggle failed and nobody knows whether management is on", () => {
  test.each(["toggle", "finish-interrupted"] as const)("it is loud, and says how to look: %s", (action) => {
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
  ] as const)("it is looked for where it is: %s", (kind, identifier, command) => {
    const database = { ...aRemediationEvent().database, kind, identifier };
    expect(notified(failed({ managed: null, database })).description).toContain(command);
  });

  test.each([
    ["rotate", null],
    ["toggle", true],
  ] as const)("%s with managed %s is no alarm", (action, managed) =>
    expect(notified(failed({ action, managed })).title).toBe(`🔴 Failed: ${action} of DB instance orders`),
  );
});

describe("who holds the old ARN", () => {
  test("is told both", () => {
    const { description } = notified(aReplacement());
    expect(description).toContain(`*Old:* \`${secretArn}\`\n*New:* \`${newSecretArn}\``);
  });

  test.each([
    ["nobody had one", enabled, "*Old:* none"],
    ["nobody knows the old one", aReplacement({ secret: { before: null, after: newSecretArn } }), "*Old:* not known"],
    [
      "nobody has seen the new one",
      aReplacement({ secret: { before: secretArn, after: null } }),
      "*New:* not seen yet",
    ],
  ])("is told where %s", (_, event, text) => expect(notified(event).description).toContain(text));
});

describe("a refusal", () => {
  test("names every gate, with the command that would open it as code", () => {
    const { description } = notified(aRefusal());
    expect(description).toContain("• *status-available*: orders is stopped");
    expect(description).toMatch(/• \*secret-not-replicated\*: .*aws secretsmanager remove-regions-from-replication/);
  });

  test("of many gates counts the rest", () => {
    const gates = planGateNames.slice(0, 19).map((gate) => ({ gate, open: false, reason: "no" }));
    expect(notified(aRefusal({ gates })).description).toContain("• *status-available*: no\n• … and 11 more gates");
  });

  test("without gates says its sentence", () =>
    expect(notified(aRefusal({ gates: [], message: "Nothing was changed: no." })).description).toContain(
      "Nothing was changed: no.",
    ));
});

test("more commands than a message bears are not silently left out", () => {
  const recovery = Array.from({ length: 40 }, (_, index) => `aws rds do-something --with ${"x".repeat(100)}-${index}`);
  const { description } = notified(failed({ recovery }));
  expect(description).toContain("-0```");
  expect(description).toContain("`recovery` in the message of the findings topic");
});

test("the labels name the severity only where somebody has to act", () => {
  const tail = ["toggle", "secret-key-as-required", account, region];
  expect(notified(aRemediationEvent()).keywords).toEqual(tail);
  for (const event of [anApprovalRequest(), failed({}), aLeftOff()])
    expect(notified(event).keywords).toEqual(["high", ...tail]);
});

test("custom actions have what they need", () =>
  expect(toRemediationAlert(aRemediationEvent()).metadata.additionalContext).toMatchObject({
    type: "remediation.started",
    action: "toggle",
    arn: databaseArn,
    execution: "db-ORDERS-1",
  }));

test("whatever AWS sends, nothing is too long, and nothing is markup", () =>
  fc.assert(
    fc.property(hostileEvent, (event) => expectSafeAlert(toRemediationAlert(event))),
    { numRuns: 300 },
  ));
