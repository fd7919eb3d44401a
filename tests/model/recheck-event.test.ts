import { describe, expect, test } from "@jest/globals";
import { en } from "zod/locales";
import * as z from "zod/mini";
import { toAffectedDatabases } from "../../lib/collect/affected-databases.ts";
import { recheckEventSchema } from "../../lib/model/recheck-event.ts";
import { samplesIn } from "../support/samples.ts";

const samples = samplesIn("lib/model/recheck-event.ts") as Record<string, unknown>[];
const [rds, label, service, call] = samples;

// As the functions have it.
z.config(en());

/** The first problem of an event, as `path: message`. */
function problemsOf(event: unknown): string[] {
  const { error } = recheckEventSchema.safeParse(event);
  return (error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

describe("the samples in the comments", () => {
  test("are six and valid", () => {
    expect(samples).toHaveLength(6);
  });

  test.each(samples.map((sample) => [String(sample["detail-type"]), sample]))(
    "%s is read, and is about something",
    (_, sample) => {
      const event = recheckEventSchema.parse(sample);
      expect(sample).toMatchObject(event);
      const { databases, secretId, keyReference } = toAffectedDatabases(event);
      expect([...databases, secretId, keyReference].filter((subject) => subject !== null)).toHaveLength(1);
    },
  );
});

describe("an event", () => {
  test("of a DB cluster is parsed", () => {
    const event = { ...rds, "detail-type": "RDS DB Cluster Event" };
    expect(recheckEventSchema.parse(event)).toMatchObject({ "detail-type": "RDS DB Cluster Event" });
  });

  test("may have more fields, as AWS sends it", () => {
    const more = { version: "0", resources: ["arn:aws:rds:eu-west-1:123456789012:db:orders"] };
    const read = { SourceIdentifier: "orders", SourceArn: more.resources[0], EventID: "RDS-EVENT-0005" };
    const detail = { ...read, SourceType: "DB_INSTANCE", Message: "…" };
    expect(recheckEventSchema.parse({ ...rds, ...more, detail })).toEqual({
      id: rds?.id,
      account: "123456789012",
      region: "eu-west-1",
      time: rds?.time,
      "detail-type": "RDS DB Instance Event",
      detail: read,
    });
  });

  test.each([[undefined], [null], [{}]])("of a call with the parameters %p is parsed", (requestParameters) => {
    const detail = { eventSource: "rds.amazonaws.com", eventName: "ModifyDBInstance", requestParameters };
    expect(problemsOf({ ...call, detail })).toEqual([]);
  });
});

describe("rejects an event and names the location", () => {
  test.each<[string, unknown, string]>([
    ["a source without a name", { ...rds, detail: {} }, "detail.SourceIdentifier: Invalid input"],
    ["no detail", { ...rds, detail: undefined }, "detail: Invalid input"],
    ["no id", { ...rds, id: undefined }, "id: Invalid input"],
    ["no instant", { ...rds, time: "now" }, "time: Invalid ISO datetime"],
    ["no secret", { ...label, resources: [] }, "resources: Too small"],
    [
      "a service event without a secret",
      { ...service, detail: { eventName: "RotationFailed" } },
      "detail.additionalEventData: Invalid input",
    ],
    [
      "a call of no service",
      { ...call, detail: { eventName: "ModifyDBInstance" } },
      "detail.eventSource: Invalid input",
    ],
    ["another kind", { ...rds, "detail-type": "RDS DB Snapshot Event" }, "detail-type: Invalid"],
    ["no kind", {}, "detail-type: Invalid"],
    ["no event", null, ": Invalid input"],
  ])("%s", (_, event, problem) => {
    expect(problemsOf(event)).toEqual([expect.stringContaining(problem)]);
  });
});
