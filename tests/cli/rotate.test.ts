import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Io } from "../../cli/io.ts";
import { reportSchema } from "../../lib/model/report.ts";
import { openRepairShop, type RepairShop } from "./repair-shop.ts";
import type { World } from "./run-cli.ts";

let shop: RepairShop;
beforeEach(async () => {
  shop = await openRepairShop();
  const tags = { repair: "allowed", team: "shop" };
  const managed = { kmsKeyId: "alias/passwords" };
  shop.here.addCluster({ identifier: "identity", engine: "aurora-postgresql", managed, members: 1, tags });
  shop.here.addInstance({ identifier: "search", engine: "mariadb", managed, tags });
  const container = shop.here.addInstance({ identifier: "billing", engine: "oracle-ee-cdb", MultiTenant: true, tags });
  shop.here.addTenantDatabase({ instance: container, name: "EU", managed, tags });
});
afterEach(() => shop.close());

const rotate = (args: readonly string[], world?: World) =>
  shop.run(["rotate", ...args, "--policy", shop.file("policy.yaml")], world);
const apply = (...args: string[]) => rotate([...args, "--apply", "--yes"]);

const setPolicy = (from: string, to: string) => shop.edit("policy.yaml", from, to);

/** When the secret of a database was rotated last. */
const rotatedAt = (identifier: string) => {
  const owner = shop.here.instances.get(identifier) ?? shop.here.clusters.get(identifier);
  return shop.here.secrets.get(owner?.MasterUserSecret?.SecretArn ?? "")?.LastRotatedDate;
};

describe("one healthy, managed database", () => {
  test("without --apply: the plan with every gate and the command to apply it, and no change", async () => {
    const { status, stdout, stderr } = await rotate(["customers"]);
    expect({ status, changes: shop.changes() }).toEqual({ status: 0, changes: [] });
    expect(stdout).toContain("NOW       rotate on demand");
    for (const gate of ["allowed", "opted-in", "in-window", "within-budget", "cooled-down", "not-stopped"])
      expect(stdout).toContain(`✓ ${gate}: `);
    expect(stderr).toBe(
      `\nNothing was changed. To make the changes, run:\n\n  rds-password-audit rotate customers --policy ${shop.file("policy.yaml")} --apply\n`,
    );
  });

  test.each([
    ["a DB instance", "customers", "rds:ModifyDBInstance"],
    ["a DB cluster", "identity", "rds:ModifyDBCluster"],
    ["a tenant database", "billing/EU", "rds:ModifyTenantDatabase"],
  ])("%s is rotated and verified", async (_, identifier, call) => {
    const before = rotatedAt(identifier);
    const { status, stderr } = await apply(identifier);
    expect({ status, changes: shop.changes() }).toEqual({ status: 0, changes: [call] });
    expect(stderr).toContain("REPAIRED  rotate of ");
    if (before !== undefined) expect(rotatedAt(identifier)?.getTime()).toBeGreaterThan(before.getTime());
    expect(shop.state()).toMatchObject({ running: [], attempts: [{ action: "rotate", outcome: "repaired" }] });
  });

  test("remediate --action rotate does the same", async () => {
    const before = rotatedAt("customers");
    const { status } = await shop.run([
      ...["remediate", "customers", "--action", "rotate", "--policy", shop.file("policy.yaml"), "--apply", "--yes"],
    ]);
    expect({ status, changes: shop.changes() }).toEqual({ status: 0, changes: ["rds:ModifyDBInstance"] });
    expect(rotatedAt("customers")).not.toEqual(before);
  });

  test("asks for confirmation, and changes nothing on no", async () => {
    const questions: string[] = [];
    const ask = async (question: string) => {
      questions.push(question);
      return "n";
    };
    const { status, stderr } = await rotate(["customers", "--apply"], { ask });
    expect({ status, changes: shop.changes() }).toEqual({ status: 1, changes: [] });
    expect(questions).toEqual(["Continue? [y/N] "]);
    expect(stderr).toContain("Not confirmed: rotate of DB instance customers is skipped.");
  });

  test("without a terminal, --apply needs --yes", async () => {
    const { status, stderr } = await rotate(["customers", "--apply"]);
    expect(status).toBe(2);
    expect(stderr).toBe("--apply asks for confirmation, but there is no terminal: add --yes to skip it.\n");
  });

  test("a rotation that RDS accepts but that does not show in the secret has failed", async () => {
    const secretArn = shop.here.instances.get("customers")?.MasterUserSecret?.SecretArn ?? "";
    const LastRotatedDate = shop.here.secrets.get(secretArn)?.LastRotatedDate;
    const set = shop.here.secrets.set.bind(shop.here.secrets);
    shop.here.secrets.set = (arn, secret) => set(arn, arn === secretArn ? { ...secret, LastRotatedDate } : secret);
    const { status, stderr } = await apply("customers");
    expect(status).toBe(1);
    expect(stderr).toContain("the date of the last rotation");
  });
});

describe("the gates of any repair hold", () => {
  test.each([
    ["allowed", "allow: [schedule-rotation, rotate, toggle, enable]", "allow: [toggle]"],
    ["opted-in", "repair: allowed", "repair: never"],
    ["in-window", "window: any-time", "window: ['sat:02:00-sat:03:00']"],
  ])("%s", async (gate, from, to) => {
    setPolicy(from, to);
    const { status, stdout } = await apply("customers");
    expect({ status, changes: shop.changes() }).toEqual({ status: 1, changes: [] });
    expect(stdout).toContain(`✗ ${gate}: `);
  });

  test.each(["secret-not-impaired", "rotation-on-schedule", "rotation-enabled"])(
    "an exemption from %s: its owner does not want the password to rotate",
    async (rule) => {
      setPolicy(
        "keys:",
        `exemptions: [{ match: { identifier: customers }, rules: ${rule}, owner: ann, reason: It moves, until: 2099-01-01 }]\nkeys:`,
      );
      const { status, stdout } = await apply("customers", "--now");
      expect({ status, changes: shop.changes() }).toEqual({ status: 1, changes: [] });
      expect(stdout).toContain("✗ not-exempt: ann exempted it until 2099-01-01 (It moves): end the exemption");
    },
  );

  test("approved: --yes is the approval of the person", async () => {
    setPolicy("window: any-time", "window: any-time\n  approval: [rotate]");
    expect((await rotate(["customers"])).stdout).toContain(
      "· approved (assumed): with --apply, you are asked to approve it",
    );
    expect((await apply("customers")).status).toBe(0);
  });

  test("not-stopped, with --now too", async () => {
    await shop.run(["stop", "--why", "Black Friday"]);
    const { status, stdout } = await apply("customers", "--now");
    expect({ status, changes: shop.changes() }).toEqual({ status: 1, changes: [] });
    expect(stdout).toContain("✗ not-stopped: ");
  });

  test("cooled-down: not twice within the cool-down", async () => {
    await apply("customers");
    const { status, stdout } = await apply("customers");
    expect(status).toBe(1);
    expect(stdout).toContain("✗ cooled-down: ");
  });
});

describe("--now leaves out the gates about timing and pace, and names them", () => {
  test.each([
    ["in-window", "window: any-time", "window: ['sat:02:00-sat:03:00']", null],
    ["within-budget", "perDay: 50", "perDay: 1", "search"],
    ["cooled-down", "perDay: 50", "perDay: 50", "customers"],
  ])("%s", async (gate, from, to, before) => {
    setPolicy(from, to);
    if (before !== null) await apply(before);
    shop.changes();
    expect((await apply("customers")).stdout).toContain(`✗ ${gate}: `);
    expect(shop.changes()).toEqual([]);
    const { status, stdout, stderr } = await apply("customers", "--now");
    expect({ status, changes: shop.changes() }).toEqual({ status: 0, changes: ["rds:ModifyDBInstance"] });
    expect(stdout).toContain(`! ${gate} (left out): `);
    expect(stderr).toContain("--now leaves out the gates in-window, within-budget and cooled-down; all others hold.");
  });

  test("the command to copy repeats it", async () => {
    const { stderr } = await rotate(["--tag", "team=shop", "--now"]);
    expect(stderr).toContain(
      `rds-password-audit rotate --tag team=shop --now --policy ${shop.file("policy.yaml")} --apply\n`,
    );
  });
});

describe("a selection", () => {
  test("--tag rotates all managed databases with the tag", async () => {
    const { status, stderr } = await apply("--tag", "team=shop");
    expect(shop.changes()).toEqual(["rds:ModifyDBInstance", "rds:ModifyDBCluster", "rds:ModifyTenantDatabase"]);
    expect({ status, unmanaged: stderr.includes("NOT ROTATED") }).toEqual({ status: 0, unmanaged: false });
  });

  test("several tags select databases that have all of them", async () => {
    const { stdout } = await rotate(["--tag", "team=shop", "repair=allowed"]);
    expect(stdout).toContain("3 can start now.");
    expect((await rotate(["--tag", "team=shop", "--tag", "repair=no"])).status).toBe(2);
  });

  test("--all names the databases whose password cannot be rotated, and is not a success", async () => {
    const { status, stdout, stderr } = await rotate(["--all"]);
    expect(stdout).toContain("can start now");
    expect(status).toBe(1);
    expect(stderr).toContain("NOT ROTATED");
    expect(stderr.replaceAll(/\s+/g, " ")).toContain(
      "DB cluster ledger, DB instance orders: RDS does not manage the password: enable that first, or change the password by hand",
    );
    // Their cluster, their tenant databases, are rotated instead.
    expect(stderr).not.toContain("identity-instance-1");
    expect(stderr).not.toContain("billing:");
  });

  test("the dry run counts against the day's budget", async () => {
    setPolicy("perDay: 50", "perDay: 2");
    const { status, stdout } = await rotate(["--tag", "team=shop"]);
    expect(status).toBe(1);
    expect(stdout).toContain("2 can start now, 1 waits for its turn.");
    expect(stdout).toContain("within-budget: at most 2 within 24 hours");
  });

  test("one answer confirms all", async () => {
    const questions: string[] = [];
    const ask = async (question: string) => {
      questions.push(question);
      return "a";
    };
    const { status } = await rotate(["--tag", "team=shop", "--apply"], { ask });
    expect({ status, questions }).toEqual({
      status: 0,
      questions: ["Continue? [y = yes, N = no, a = yes to all 3] "],
    });
    expect(shop.changes()).toHaveLength(3);
  });

  test("a failure does not hold up the others, and the circuit breaker does", async () => {
    shop.cloud.fault({ action: "rds:ModifyTenantDatabase", kind: "deny" });
    const { status, stderr } = await apply("--tag", "team=shop");
    expect(status).toBe(1);
    expect(stderr).toContain("FAILED  rotate of tenant database billing/EU.");
    expect(stderr).toContain("REPAIRED  rotate of DB cluster identity.");
    expect(stderr).toContain("REPAIRED  rotate of DB instance search.");
  });

  test("what could not be read may hide a database: exit status 3", async () => {
    shop.cloud.fault({ action: "rds:DescribeDBClusters", kind: "deny" });
    const { status, stderr } = await rotate(["--tag", "repair=allowed", "team=shop"]);
    expect(status).not.toBe(0);
    expect(stderr).toContain("could not be read, so databases may be missing");
  });
});

describe("bad input gets one sentence", () => {
  test.each([
    [
      "a tag that matches nothing",
      ["--tag", "team=shopp"],
      'No database has the tag team=shopp (did you mean "team=shop"?).',
    ],
    ["a tag without a value", ["--tag", "team"], '--tag takes key=value, such as team=orders, not "team".'],
    ["no selection", [], "Name the databases to rotate, before any options, or select them with --tag or --all."],
    [
      "a name and a tag",
      ["orders", "--tag", "team=shop"],
      "Name databases, or select them with --tag or --all, not both.",
    ],
    ["--tag and --all", ["--all", "--tag", "team=shop"], "--tag and --all cannot be given together."],
    ["an unknown name", ["custmers"], 'There is no database called "custmers" (did you mean "customers"?).'],
    [
      "an unmanaged database",
      ["orders"],
      "DB instance orders cannot be rotated: RDS does not manage the password: enable that first, or change the password by hand.",
    ],
    [
      "a member of a cluster",
      ["identity-instance-1"],
      "DB instance identity-instance-1 cannot be rotated: it has the password of DB cluster identity: rotate that.",
    ],
    [
      "a replica",
      ["replica"],
      "DB instance replica cannot be rotated: it has the password of its source, customers: rotate that.",
    ],
    [
      "a container",
      ["billing"],
      "DB instance billing cannot be rotated: its tenant databases have the passwords: rotate those.",
    ],
  ])("%s", async (_, args, sentence) => {
    shop.here.addInstance({
      identifier: "replica",
      engine: "mysql",
      ReadReplicaSourceDBInstanceIdentifier: "customers",
    });
    expect(await rotate(args)).toEqual({ status: 2, stdout: "", stderr: `${sentence}\n` });
  });

  test("a name in two Regions", async () => {
    shop.cloud.region(shop.here.account.id, "eu-west-1").addInstance({ identifier: "customers", managed: true });
    const { status, stderr } = await rotate(["customers", "--region", "us-east-1", "eu-west-1"]);
    expect(status).toBe(2);
    expect(stderr).toContain('2 databases are called "customers": give the ARN of one:\n');
  });

  test("a stopped database", async () => {
    const customers = shop.here.instances.get("customers");
    if (customers !== undefined) Object.assign(customers, { DBInstanceStatus: "stopped" });
    const { status, stdout } = await rotate(["customers"]);
    expect(status).toBe(1);
    expect(stdout).toContain("✗ status-available: customers is stopped: wait until it is available, or start it");
  });
});

test("the secret's value is never read, and other findings stay as they are", async () => {
  await apply("customers");
  const { stdout } = await shop.run(["audit", "-f", "json", "--policy", shop.file("policy.yaml")]);
  const { findings } = reportSchema.parse(JSON.parse(stdout));
  expect(findings.filter(({ resource }) => resource.identifier === "customers")).toEqual([]);
  expect(shop.cloud.calls.map(({ action }) => action)).not.toContain("secretsmanager:GetSecretValue");
});

describe("interrupted, and run again", () => {
  /** Ctrl-C at one of the calls to AWS and pauses. */
  const interruptAt = (tick: number) => {
    let left = tick;
    let interrupt: () => void = () => {};
    const interrupted = new Promise<void>((resolve) => {
      interrupt = resolve;
    });
    const count = () => {
      left -= 1;
      if (left === 0) interrupt();
    };
    const { calls } = shop.cloud;
    calls.push = (...added) => {
      count();
      return Array.prototype.push.apply(calls, added);
    };
    const sleep: Io["sleep"] = async (milliseconds, signal) => {
      count();
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
      shop.cloud.advance({ seconds: milliseconds / 1000 });
    };
    return { world: { sleep, interrupted: () => interrupted }, wasReached: () => left <= 0 };
  };

  test("a run after an interruption at any point completes the rotation, and rotates once", async () => {
    for (let tick = 3; ; tick += 3) {
      await shop.close();
      shop = await openRepairShop();
      const { world, wasReached } = interruptAt(tick);
      const { status } = await rotate(["customers", "--now", "--apply", "--yes"], world);
      if (!wasReached()) {
        expect(status).toBe(0);
        break;
      }
      // The interruption came too late.
      if (status === 0) continue;
      const again = await apply("customers", "--now");
      expect({ tick, status: again.status, stderr: again.status === 0 ? "" : again.stderr }).toEqual({
        ...{ tick, status: 0, stderr: "" },
      });
      expect({ tick, changes: shop.changes() }).toEqual({ tick, changes: ["rds:ModifyDBInstance"] });
      expect(shop.state().running).toEqual([]);
    }
  }, 120_000);
});
