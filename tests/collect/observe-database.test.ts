import { describe, expect, test } from "@jest/globals";
import { observeDatabase, readDescription } from "../../lib/collect/observe-database.ts";
import type { RegionPort } from "../../lib/collect/region-port.ts";
import type { Database } from "../../lib/model/database.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import { type AwsCallError, isTransient } from "../../lib/model/errors.ts";
import { rules } from "../../rules/index.ts";
import { aPlainDatabase } from "../support/builders.ts";
import { now } from "../support/simulated-audit.ts";
import { type SimulatedRegion, withSimulatedRegion } from "../support/simulated-region.ts";

const arn = "arn:aws:rds:eu-west-1:111111111111:db:orders";
const database = { arn, kind: "instance", identifier: "orders", resourceId: "db-1" } as const;

/** What observing a database throws. */
const failure = ({ port }: SimulatedRegion) =>
  observeDatabase(
    port,
    { ...database, account: port.account, region: port.region },
    { policy: defaultPolicy, rules, now },
  )
    .then(() => null)
    .catch((error: AwsCallError) => error);

describe("a database that cannot be read", () => {
  test.each([
    ["Throttling", 400, true],
    ["InternalFailure", 500, true],
    ["AccessDenied", 403, false],
  ])("throws the call's own error: %s with status %i, transient: %p", (code, status, expected) =>
    withSimulatedRegion(async (simulated) => {
      simulated.cloud.fault({ action: "rds:DescribeDBInstances", kind: "error", code, status });
      const error = await failure(simulated);
      expect(error).toMatchObject({ action: "rds:DescribeDBInstances", code });
      expect(isTransient(error)).toBe(expected);
    }),
  );

  test("throws DatabaseNotFound if an answer lacks it, which a retry may change", () =>
    withSimulatedRegion(async (simulated) => {
      const error = await failure(simulated);
      expect(error).toMatchObject({ code: "DatabaseNotFound" });
      expect(isTransient(error)).toBe(true);
    }));
});

describe("a database is found by its resource ID", () => {
  const orders = aPlainDatabase();
  /** Answers with these databases, whatever the filter is. */
  const answering = (...databases: readonly Database[]) =>
    ({
      async *describeDBInstances() {
        yield databases;
      },
    }) as unknown as RegionPort;

  test("whatever it is called", async () => {
    const renamed = { ...orders, arn: `${orders.arn}-old1`, identifier: "orders-old1" };
    expect(await readDescription(answering(renamed), orders)).toEqual(renamed);
  });

  test("and not by its name", async () => {
    expect(await readDescription(answering({ ...orders, resourceId: "db-ANOTHER" }), orders)).toBeNull();
  });

  test("and not without one", async () => {
    const nameless = { ...orders, resourceId: "unknown" };
    expect(await readDescription(answering(nameless), nameless)).toBeNull();
  });
});
