import { readFileSync } from "node:fs";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { auditAndPublish } from "../../lib/audit-and-publish.ts";
import { createAccount } from "../../lib/aws/create-account.ts";
import { createStore } from "../../lib/aws/create-store.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import { reportSchema } from "../../lib/model/report.ts";
import { toRunFile } from "../../lib/storage/run-files.ts";
import { rules } from "../../rules/index.ts";
import { runCli } from "../cli/run-cli.ts";
import { type Aws, account, startAws } from "../simulator/aws.ts";
import { now } from "../support/builders.ts";
import { createTrinoParser } from "../support/trino-parser.ts";

type Row = Readonly<Record<string, unknown>>;
type Column = { readonly Name: string; readonly Type: string };

/** CloudFormation's short form of functions does not matter here. */
const quiet = { logLevel: "silent" } as const;
const { TableInput } = parse(readFileSync("deploy/reports-table.yml", "utf8"), quiet).Resources.RunsTable.Properties;
const columns = TableInput.StorageDescriptor.Columns as readonly Column[];

/** The queries of docs/queries.md by their headings. */
const queries = new Map(
  [...readFileSync("docs/queries.md", "utf8").matchAll(/^## (.+)\n[^#]*?```sql\n([^`]+)```/gm)].map(
    ([, heading = "", query = ""]) => [heading, query],
  ),
);

const linesOf = (file: Uint8Array): readonly Row[] =>
  gunzipSync(file)
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

/** True if Hive's JSON SerDe can read a value as a type of AWS Glue. It reads no object as a string. */
function isOfType(value: unknown, type: string): boolean {
  if (value === null) return true;
  if (type === "string" || type === "boolean") return typeof value === type;
  const fields = Object.entries(value as object);
  if (type === "map<string,string>") return fields.every(([, text]) => typeof text === "string");
  const names = /^struct<(.*)>$/
    .exec(type)?.[1]
    ?.split(",")
    .map((field) => field.split(":")[0]);
  return (
    JSON.stringify(names) === JSON.stringify(fields.map(([name]) => name.toLowerCase())) &&
    fields.every(([, text]) => text === null || typeof text === "string")
  );
}

describe("the columns of the table", () => {
  let rows: readonly Row[];
  beforeAll(async () => {
    const { stdout } = await runCli(["demo", "--format", "json"], { now, aws: { createAccount } });
    rows = linesOf(toRunFile(reportSchema.parse(JSON.parse(stdout))));
  });

  test("are the fields of the rows that the service stores", () => {
    const fields = new Set(rows.flatMap(Object.keys).map((name) => name.toLowerCase()));
    expect(columns.map(({ Name }) => Name).sort()).toEqual([...fields].sort());
  });

  test("have the types of the values", () => {
    const types = new Map(columns.map(({ Name, Type }) => [Name, Type]));
    for (const row of rows)
      for (const [name, value] of Object.entries(row))
        expect([name, value, isOfType(value, types.get(name.toLowerCase()) ?? "")]).toEqual([name, value, true]);
  });

  test("differ by more than their case", () => {
    for (const row of rows) {
      const names = Object.keys(row).map((name) => name.toLowerCase());
      expect(new Set(names).size).toBe(names.length);
    }
  });
});

describe("the queries of the documentation", () => {
  const today = "2026-11-24";
  let aws: Aws;
  let table: DatabaseSync;

  beforeAll(async () => {
    aws = await startAws();
    await auditFiveDays();
    table = openTable();
  });
  afterAll(async () => {
    table.close();
    await aws.stop();
  });

  /** Five daily audits of two Regions: a fix, a new violation, a deletion, and two days on which one Region cannot be read. */
  async function auditFiveDays(): Promise<void> {
    const ireland = aws.region;
    const virginia = aws.cloud.region(account, "us-east-1");
    ireland.addBucket("reports-bucket");
    const days: readonly (() => void)[] = [
      () => {
        ireland.addInstance({ identifier: "orders", managed: false });
        ireland.addInstance({ identifier: "ledger", managed: true });
        virginia.addInstance({ identifier: "web", managed: false });
      },
      () => ireland.addInstance({ identifier: "payments", managed: false }),
      () => {
        ireland.instances.delete("orders");
        ireland.addInstance({ identifier: "orders", managed: true });
      },
      () => {
        ireland.instances.delete("ledger");
        virginia.instances.delete("web");
        aws.cloud.fault({ action: "rds:DescribeDBInstances", region: "us-east-1", kind: "deny" });
      },
      () => undefined,
    ];
    const settings = {
      endpoint: aws.simulator.endpoint,
      credentials: { accessKeyId: account, secretAccessKey: "not-verified" },
      maxAttempts: 1,
    };
    for (const [index, change] of days.entries()) {
      const at = `2026-11-${20 + index}T06:00:00.000Z`;
      change();
      await auditAndPublish({
        accounts: [createAccount({ name: "this account", ...settings })],
        regions: ["eu-west-1", "us-east-1"],
        policy: defaultPolicy,
        rules,
        version: "0.0.0",
        eventId: at,
        invocation: at,
        store: createStore({
          ...settings,
          region: "eu-west-1",
          bucket: "reports-bucket",
          account,
          toPage: () => "<!doctype html>",
        }),
        destinations: [],
        now: () => at,
      });
    }
  }

  /** The stored runs, in a table with the declared columns. What SQLite lacks of Trino's functions is added. */
  function openTable(): DatabaseSync {
    const database = new DatabaseSync(":memory:");
    const names = [...columns.map(({ Name }) => Name), "day"];
    database.exec(`CREATE TABLE runs (${names.map((name) => `"${name}"`).join(", ")})`);
    const insert = database.prepare(`INSERT INTO runs VALUES (${names.map(() => "?").join(", ")})`);
    for (const [key, { body }] of aws.region.buckets.get("reports-bucket")?.objects ?? []) {
      const day = /^runs\/day=([\d-]+)\/account=/.exec(key)?.[1];
      if (day === undefined) continue;
      for (const line of linesOf(Buffer.from(String(body), "latin1"))) {
        const row = new Map(Object.entries({ ...line, day }).map(([name, value]) => [name.toLowerCase(), value]));
        insert.run(...names.map((name) => toSqlValue(row.get(name))));
      }
    }
    const milliseconds = { day: 24 * 60 * 60 * 1000 };
    const toDay = (time: number) => new Date(time).toISOString().slice(0, 10);
    database.function("from_iso8601_timestamp", (text) => Date.parse(String(text)));
    database.function("date_add", (unit, number, date) =>
      toDay(Date.parse(String(date)) + Number(number) * milliseconds[unit as "day"]),
    );
    database.function("date_diff", (unit, from, to) =>
      Math.trunc((Number(to) - Number(from)) / milliseconds[unit as "day"]),
    );
    database.function("date_trunc", (unit, time) => {
      if (unit !== "week") throw new Error(`date_trunc does not know "${unit}"`);
      const daysSinceMonday = (new Date(Number(time)).getUTCDay() + 6) % 7;
      return toDay(Number(time) - daysSinceMonday * milliseconds.day);
    });
    return database;
  }

  const toSqlValue = (value: unknown): SQLInputValue => {
    if (value === undefined || value === null) return null;
    if (typeof value === "boolean") return Number(value);
    return typeof value === "string" ? value : JSON.stringify(value);
  };

  const ask = (heading: string): readonly Row[] => {
    const query = queries.get(heading);
    if (query === undefined) throw new Error(`docs/queries.md has no query "${heading}"`);
    return table
      .prepare(query.replaceAll("current_date", `'${today}'`))
      .all()
      .map((row) => ({ ...row }));
  };

  test("are five, and the grammar of Trino accepts each, but not one without FROM", () => {
    const errorsIn = createTrinoParser();
    expect([...queries].map(([heading, query]) => [heading, errorsIn(query)])).toEqual(
      [...queries.keys()].map((heading) => [heading, []]),
    );
    expect(queries.size).toBe(5);
    for (const query of queries.values()) expect(errorsIn(query.replace("FROM", ""))).not.toEqual([]);
  });

  test("each reads a part of the days only", () => {
    for (const [heading, query] of queries) {
      const reads = query.match(/\bFROM (runs|\w+)\b[^)]*?\bday >= cast\(date_add/gs) ?? [];
      expect([heading, reads.length]).toEqual([heading, query.match(/\bFROM runs\b/g)?.length]);
    }
  });

  test("open violations: none of what is fixed, and a Region that was not seen is counted as such", () =>
    expect(ask("Open violations by account")).toEqual([
      { account, critical: 0, high: 1, medium: 0, low: 0, not_evaluated: 0, incomplete: 1, as_of: "2026-11-24" },
    ]));

  test("new violations: by the Monday of the week in which each was first seen", () =>
    expect(ask("New violations by week")).toEqual([{ week: "2026-11-16", severity: "high", violations: 3 }]));

  test("age: since the first audit that saw the violation", () =>
    expect(ask("Age of open violations")).toEqual([
      {
        ...{ account, region: "eu-west-1", identifier: "payments" },
        ...{ rule: "master-password-managed", severity: "high", days_open: 3 },
      },
    ]));

  test("managed share: of what was seen, with the number of incomplete Regions", () =>
    expect(ask("Share of managed passwords by day")).toEqual([
      { day: "2026-11-24", managed: 1, passwords: 2, percent_managed: 50, incomplete: 1 },
      { day: "2026-11-23", managed: 1, passwords: 2, percent_managed: 50, incomplete: 1 },
      { day: "2026-11-22", managed: 2, passwords: 4, percent_managed: 50, incomplete: 0 },
      { day: "2026-11-21", managed: 1, passwords: 4, percent_managed: 25, incomplete: 0 },
      { day: "2026-11-20", managed: 1, passwords: 3, percent_managed: 33.3, incomplete: 0 },
    ]));

  test("gone: the deleted database, and not the one of the Region that was not seen since", () =>
    expect(ask("Databases that are gone")).toEqual([
      {
        ...{ account, region: "eu-west-1" },
        arn: `arn:aws:rds:eu-west-1:${account}:db:ledger`,
        last_seen: "2026-11-22",
      },
    ]));
});
