/** Five days of one account: what `history`, `trend`, `diff` and `--baseline` say of them. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Database } from "../../../lib/model/database.ts";
import type { Target } from "../../../lib/model/inventory.ts";
import { expectGolden } from "../../golden/golden.ts";
import { aGap, aMasterUserSecret, anInventory, aPlainDatabase, aSecret, aTarget } from "../../support/builders.ts";
import { runCli } from "../run-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "history-"));
const file = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

const at = (day: number) => `2026-11-0${day}T06:00:00.000Z`;
const arnOf = (identifier: string) => `arn:aws:rds:eu-west-1:123456789012:db:${identifier}`;

function database(identifier: string, overrides: Partial<Database> = {}): Database {
  return aPlainDatabase({
    identifier,
    arn: arnOf(identifier),
    resourceId: `db-${identifier.toUpperCase()}`,
    ...overrides,
  });
}

const secretOf = (identifier: string) =>
  `arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!db-${identifier}-aBcDeF`;

/** A database whose master password RDS manages. */
function managed(identifier: string): Database {
  return database(identifier, { masterUserSecret: aMasterUserSecret({ secretArn: secretOf(identifier) }) });
}

/** Everything that was read of some databases. */
function target(...databases: readonly Database[]): Target {
  const secrets = databases
    .filter(({ masterUserSecret }) => masterUserSecret !== null)
    .map(({ arn, identifier }) => aSecret({ arn: secretOf(identifier), primaryArns: [arn] }));
  return aTarget({ databases: [...databases], secrets, globalClusterMembers: [], blueGreenDeployments: [] });
}

const exempt = {
  tags: {
    "rds-password-audit:exempt-owner": "shop@example.com",
    "rds-password-audit:exempt-reason": "moves next week",
    "rds-password-audit:exempt-until": "2026-11-30",
  },
};

const days: readonly (readonly Target[])[] = [
  // Monday: two are wrong.
  [target(database("orders"), database("payments"), managed("users"))],
  // Tuesday: one is fixed, one is new.
  [target(managed("orders"), database("payments"), managed("users"), database("carts"))],
  // Wednesday: the list of instances cannot be read, so nothing is known to be fixed.
  [aTarget({ databases: [], gaps: [aGap({ action: "rds:DescribeDBInstances" })] })],
  // Thursday: one is wrong again, one is exempt.
  [target(database("orders"), database("payments", exempt), managed("users"), database("carts"))],
  // Friday: one is gone.
  [target(database("orders"), database("payments", exempt), managed("users"))],
];

const audit = (day: number, ...more: string[]) =>
  runCli(["audit", "--from", file(`${day}.json`), "--policy", file("policy.yaml"), ...more], { now: at(day) });

beforeAll(async () => {
  writeFileSync(file("policy.yaml"), "exemptionTags: true\n");
  for (const [index, day] of days.entries()) {
    writeFileSync(
      file(`${index + 1}.json`),
      JSON.stringify(anInventory({ observedAt: at(index + 1), targets: [...day] })),
    );
    const { status, stdout, stderr } = await audit(index + 1, "--format", "json", "--history", file("audits.db"));
    expect([status, stderr]).toEqual([[1, 1, 3, 1, 1][index], expect.not.stringContaining("history")]);
    writeFileSync(file(`report-${index + 1}.json`), stdout);
  }
});

const firstSeen = (day: number) =>
  Object.fromEntries(
    JSON.parse(readFileSync(file(`report-${day}.json`), "utf8")).findings.map(
      ({ resource, firstSeenAt }: { resource: { identifier: string }; firstSeenAt: string }) => [
        resource.identifier,
        firstSeenAt,
      ],
    ),
  );

test("a report says since when each finding has been open", () => {
  expect(firstSeen(2)).toEqual({ carts: at(2), payments: at(1) });
  // "orders" was fixed on Tuesday: its finding is a new one. Wednesday saw nothing and resolved nothing.
  expect(firstSeen(4)).toEqual({ orders: at(4), carts: at(2), payments: at(1) });
});

test("trend: one line a run", async () => {
  const { stdout, status } = await runCli(["trend", "--history", file("audits.db"), "--format", "json"]);
  expect(status).toBe(0);
  expect(
    JSON.parse(stdout).map(
      (run: Record<string, unknown> & { summary: { managed: number; findings: { high: number } } }) => [
        run.summary.managed,
        run.summary.findings.high,
        run.complete,
        run.opened,
        run.resolved,
      ],
    ),
  ).toEqual([
    [1, 2, true, 2, 0],
    [2, 2, true, 1, 1],
    [0, 0, false, 0, 0],
    [1, 2, true, 1, 0],
    [1, 1, true, 0, 1],
  ]);
});

test("the page charts the runs and has them as a table, the last one first; without a history it has no trend", async () => {
  copyFileSync(file("audits.db"), file("page.db"));
  const { stdout } = await audit(5, "--format", "html", "--history", file("page.db"));
  const section = /<section id="trend"[\s\S]*?<\/section>/.exec(stdout)?.[0] ?? "";
  // Six runs. Nothing is known of the share in the incomplete one.
  expect(section.match(/class="dot "/g)).toHaveLength(5 + 5);
  expect(section.match(/class="dot unknown"/g)).toHaveLength(1);
  const runs = [
    ...section.matchAll(/<tr><th scope="row"><time[^>]*>(\S+) [^<]*<\/time>([^<]*)<\/th><td>(\d+)<\/td><td>([^<]+)/g),
  ];
  expect(runs.map((cells) => cells.slice(1))).toEqual([
    ["2026-11-05", "", "3", "33%"],
    ["2026-11-05", "", "3", "33%"],
    ["2026-11-04", "", "4", "25%"],
    ["2026-11-03", " (incomplete)", "0", "–"],
    ["2026-11-02", "", "4", "50%"],
    ["2026-11-01", "", "3", "33%"],
  ]);
  expect((await audit(5, "--format", "html")).stdout).not.toContain('id="trend"');
});

test("trend: a page of its own with the charts and the runs, which loads nothing", async () => {
  const { stdout, status } = await runCli(["trend", "--history", file("audits.db"), "--format", "html"]);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^<!doctype html>\n/);
  expect(stdout).toContain("default-src &#39;none&#39;");
  expect(stdout.match(/<svg/g)).toHaveLength(2);
  expect(stdout.match(/<tr><th scope="row">/g)).toHaveLength(5);
  expect([...stdout.matchAll(/\b(?:href|src)="([^"]*)"/g)].map(([, link]) => link)).toEqual(["data:,"]);
});

test("trend: a table that fits 80 columns", async () => {
  const { stdout } = await runCli(["trend", "--history", file("audits.db"), "--last", "4"], { env: { COLUMNS: "80" } });
  expectGolden("trend", stdout);
});

test("history: the states of a database, and its findings from beginning to end", async () => {
  const { stdout } = await runCli(["history", "orders", "--history", file("audits.db")], { env: { COLUMNS: "80" } });
  expectGolden("database-history", stdout);
});

test("history: a database that is gone", async () => {
  const { stdout } = await runCli(["history", arnOf("carts"), "--history", file("audits.db"), "--format", "json"]);
  const [{ entries }] = JSON.parse(stdout);
  expect(entries.map(({ at, type, state, change }: Record<string, never>) => [at, type, change ?? state])).toEqual([
    [at(2), "state", expect.objectContaining({ management: "unmanaged" })],
    [at(2), "finding", expect.objectContaining({ reason: "new" })],
    [at(5), "state", null],
    [at(5), "finding", expect.objectContaining({ reason: "database-gone" })],
  ]);
});

describe("diff", () => {
  test("of the last two runs", async () => {
    const { stdout, status } = await runCli(["diff", "--history", file("audits.db")]);
    expect(stdout).toMatch(
      /^DIFF {2}1 resolved: the database is gone from 2026-11-04 06:00 UTC to 2026-11-05 06:00 UTC\.\n/,
    );
    expect(status).toBe(0);
  });

  test("of two reports: what is new makes the exit status 1", async () => {
    const { stdout, status } = await runCli(["diff", file("report-1.json"), file("report-2.json"), "--format", "json"]);
    expect(
      JSON.parse(stdout).changes.map(
        ({ reason, finding }: { reason: string; finding: { resource: { identifier: string } } }) => [
          reason,
          finding.resource.identifier,
        ],
      ),
    ).toEqual([
      ["new", "carts"],
      ["fixed", "orders"],
    ]);
    expect(status).toBe(1);
  });

  test("golden: the table", async () => {
    const { stdout } = await runCli(["diff", file("report-1.json"), file("report-4.json")], { env: { COLUMNS: "80" } });
    expectGolden("diff", stdout);
  });

  test.each([
    [["report-2.json", "report-1.json"], "give the earlier one first"],
    [["report-1.json"], "diff takes two JSON reports"],
    [["report-1.json", "1.json"], "1.json is an inventory, not a report"],
    [["report-1.json", "policy.yaml"], "policy.yaml is not a report: it is not JSON"],
  ])("of %p is refused", async (names, sentence) => {
    const { status, stderr } = await runCli(["diff", ...names.map(file)]);
    expect([status, stderr]).toEqual([2, expect.stringContaining(sentence)]);
  });

  test("an incomplete report resolves nothing", async () => {
    const { stdout, status } = await runCli(["diff", file("report-2.json"), file("report-3.json")]);
    expect(stdout).toContain("No change from 2026-11-02");
    expect(stdout).toContain("incomplete");
    expect(status).toBe(0);
  });
});

describe("--baseline", () => {
  test.each([
    ["Monday's own report: nothing is new", 1, 1, 0, "0 violations not in the baseline"],
    ["Tuesday against Monday: carts is new", 2, 1, 1, "1 violation not in the baseline"],
    ["Wednesday against Tuesday: nothing is new, but not everything was seen", 3, 2, 3, "0 violations"],
    ["Thursday against Tuesday: orders is wrong again", 4, 2, 1, "1 violation"],
  ])("%s", async (_, day, baseline, status, sentence) => {
    const ended = await audit(day, "--baseline", file(`report-${baseline}.json`));
    expect([ended.status, ended.stderr]).toEqual([status, expect.stringContaining(sentence)]);
  });
});

describe("a history that cannot be used is found before AWS is asked, and left as it is", () => {
  const cases: readonly (readonly [string, () => string, string])[] = [
    [
      "a text file",
      () =>
        writeAs(
          "text.db",
          "this is not a history, but longer than a header of SQLite files, which is 100 bytes long".repeat(3),
        ),
      "is not a history",
    ],
    ["another SQLite file", () => createOther("other.db", "CREATE TABLE cats (name)"), "is not a history"],
    [
      "of a newer version",
      () =>
        createOther("newer.db", "CREATE TABLE run (id); PRAGMA application_id = 1380209488; PRAGMA user_version = 2"),
      "was written by a newer version",
    ],
    ["in a folder that does not exist", () => file("none/audits.db"), "cannot be opened"],
    ["a folder", () => folder, "cannot be opened"],
  ];
  test.each(cases)("%s", async (_, create, sentence) => {
    const path = create();
    const before = path.endsWith(".db") && !path.includes("none") ? readFileSync(path) : null;
    const ended = await runCli(["audit", "--region", "eu-west-1", "--history", path]);
    expect([ended.status, ended.stderr]).toEqual([2, expect.stringContaining(sentence)]);
    if (before !== null) expect(readFileSync(path)).toEqual(before);
  });

  function writeAs(name: string, text: string): string {
    writeFileSync(file(name), text);
    return file(name);
  }

  function createOther(name: string, sql: string): string {
    const other = new DatabaseSync(file(name));
    other.exec(sql);
    other.close();
    return file(name);
  }

  test("a damaged one: the report is not lost", async () => {
    copyFileSync(file("audits.db"), file("damaged.db"));
    truncateSync(file("damaged.db"), 12_288);
    const ended = await audit(5, "--format", "json", "--history", file("damaged.db"));
    expect(ended.status).toBeGreaterThanOrEqual(2);
    expect(ended.stderr).toMatch(/damaged/);
  });
});

test("an older inventory than the last run is refused", async () => {
  const ended = await audit(4, "--format", "json", "--history", file("audits.db"));
  expect(ended.stderr).toContain("add runs in their order");
  expect(JSON.parse(ended.stdout).schemaVersion).toBe("1.0");
  expect(ended.status).toBe(4);
});

test("a run that audits another Region neither resolves nor repeats what it did not audit", async () => {
  copyFileSync(file("audits.db"), file("regions.db"));
  writeFileSync(
    file("other.json"),
    JSON.stringify(anInventory({ observedAt: at(6), targets: [aTarget({ region: "us-east-1", databases: [] })] })),
  );
  const other = ["audit", "--from", file("other.json"), "--history", file("regions.db")];
  expect((await runCli(other, { now: at(6) })).status).toBe(0);
  writeFileSync(file("again.json"), JSON.stringify(anInventory({ observedAt: at(7), targets: [...(days[4] ?? [])] })));
  const { stdout } = await runCli(
    [
      "audit",
      "--from",
      file("again.json"),
      "--policy",
      file("policy.yaml"),
      "--format",
      "json",
      "--history",
      file("regions.db"),
    ],
    { now: at(7) },
  );
  expect(
    JSON.parse(stdout).findings.find(({ rule }: { rule: string }) => rule === "master-password-managed").firstSeenAt,
  ).toBe(at(4));
  const trend = JSON.parse((await runCli(["trend", "--history", file("regions.db"), "--format", "json"])).stdout);
  expect(trend.slice(-2).map(({ opened, resolved }: Record<string, number>) => [opened, resolved])).toEqual([
    [0, 0],
    [0, 0],
  ]);
});

test("unknown databases are refused with the nearest name", async () => {
  const { status, stderr } = await runCli(["history", "order", "--history", file("audits.db")]);
  expect([status, stderr]).toEqual([2, expect.stringContaining('saw a database "order" (did you mean "orders"')]);
});

describe("several processes", () => {
  const start = (day: number, history: string) =>
    spawn(process.execPath, ["cli/main.ts", "audit", "--from", file(`${day}.json`), "--history", history], {
      stdio: "ignore",
    });
  const runsOf = async (history: string) =>
    JSON.parse((await runCli(["trend", "--history", history, "--format", "json"])).stdout);

  test("two that create and write one history at once: it has both runs", async () => {
    const history = file("both.db");
    await Promise.all([1, 1].map((day) => once(start(day, history), "exit")));
    expect(await runsOf(history)).toHaveLength(2);
  });

  test("one that is killed while it writes leaves all of its run or nothing", async () => {
    const history = file("killed.db");
    await runCli(["audit", "--from", file("1.json"), "--history", history]);
    for (const milliseconds of [250, 300, 350, 400, 450, 500]) {
      copyFileSync(history, file("copy.db"));
      const child = start(2, file("copy.db"));
      setTimeout(() => child.kill("SIGKILL"), milliseconds);
      await once(child, "exit");
      const runs = await runsOf(file("copy.db"));
      const { stdout } = await runCli(["history", "carts", "--history", file("copy.db"), "--format", "json"]);
      expect([1, 2]).toContain(runs.length);
      expect(stdout.includes("finding")).toBe(runs.length === 2);
    }
  });
});
