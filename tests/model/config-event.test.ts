import { describe, expect, test } from "@jest/globals";
import { en } from "zod/locales";
import * as z from "zod/mini";
import { configEventSchema } from "../../lib/model/config-event.ts";
import { samplesIn } from "../support/samples.ts";

const sample = samplesIn("lib/model/config-event.ts")[0] as Record<string, unknown>;
const item = {
  awsAccountId: "123456789012",
  awsRegion: "eu-west-1",
  resourceType: "AWS::RDS::DBInstance",
  resourceId: "db-ABC",
  configurationItemStatus: "OK",
  configurationItemCaptureTime: "2026-11-24T01:36:34.043Z",
};
const withInvokingEvent = (invokingEvent: unknown) => ({ ...sample, invokingEvent: JSON.stringify(invokingEvent) });

// As the functions have it.
z.config(en());

/** The first problem of an event, as `path: message`. */
function problemsOf(event: unknown): string[] {
  const { error } = configEventSchema.safeParse(event);
  return (error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

describe("an AWS Config event", () => {
  test("is parsed with the JSON texts in it, as in the sample", () => {
    expect(configEventSchema.parse(sample)).toEqual({
      invokingEvent: { messageType: "ConfigurationItemChangeNotification", configurationItem: item },
      ruleParameters: { rule: "master-password-managed" },
      resultToken: "myResultToken",
      eventLeftScope: false,
      executionRoleArn: "arn:aws:iam::123456789012:role/config-role",
      configRuleName: "rds-password-audit-prod-master-password-managed",
      accountId: "123456789012",
    });
  });

  test("with an oversized item has a summary", () => {
    const messageType = "OversizedConfigurationItemChangeNotification";
    const configurationItemSummary = { ...item, changeType: "UPDATE", configurationStateId: 0, resourceName: null };
    expect(configEventSchema.parse(withInvokingEvent({ messageType, configurationItemSummary })).invokingEvent).toEqual(
      {
        messageType,
        configurationItemSummary: item,
      },
    );
  });

  test("of a schedule has a time", () => {
    const scheduled = {
      messageType: "ScheduledNotification",
      awsAccountId: "123456789012",
      notificationCreationTime: "2026-07-13T21:50:00.373Z",
    };
    expect(configEventSchema.parse(withInvokingEvent({ ...scheduled, recordVersion: "1.0" })).invokingEvent).toEqual(
      scheduled,
    );
  });

  test("may omit fields with a default", () => {
    const { eventLeftScope, executionRoleArn, ...rest } = sample;
    expect(configEventSchema.parse(rest)).toMatchObject({ eventLeftScope: false });
  });

  test("may have a time with an offset", () => {
    const configurationItem = { ...item, configurationItemCaptureTime: "2026-11-24T01:36:34+02:00" };
    expect(
      problemsOf(withInvokingEvent({ messageType: "ConfigurationItemChangeNotification", configurationItem })),
    ).toEqual([]);
  });
});

describe("rejects an event and names the location", () => {
  const changed = (overrides: object) =>
    withInvokingEvent({
      messageType: "ConfigurationItemChangeNotification",
      configurationItem: { ...item, ...overrides },
    });

  test.each<[string, unknown, string]>([
    ["an invoking event that is not JSON", { ...sample, invokingEvent: "{" }, "invokingEvent: is not JSON"],
    ["rule parameters that are not JSON", { ...sample, ruleParameters: "rule" }, "ruleParameters: is not JSON"],
    ["no rule", { ...sample, ruleParameters: "{}" }, "ruleParameters.rule: Invalid input"],
    ["no rule parameters", { ...sample, ruleParameters: undefined }, "ruleParameters: Invalid input"],
    ["no result token", { ...sample, resultToken: "" }, "resultToken: Too small"],
    ["no account", { ...sample, accountId: undefined }, "accountId: Invalid input"],
    ["another message", withInvokingEvent({ messageType: "SnapshotDelivered" }), "invokingEvent.messageType: Invalid"],
    ["a message of no kind", withInvokingEvent(null), "invokingEvent: Invalid input"],
    ["no id", changed({ resourceId: null }), "invokingEvent.configurationItem.resourceId: Invalid input"],
    [
      "no instant",
      changed({ configurationItemCaptureTime: "yesterday" }),
      "invokingEvent.configurationItem.configurationItemCaptureTime: Invalid ISO datetime",
    ],
    ["no event", null, ": Invalid input"],
  ])("%s", (_, event, problem) => {
    expect(problemsOf(event)).toEqual([expect.stringContaining(problem)]);
  });
});
