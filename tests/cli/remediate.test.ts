import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Io } from "../../cli/io.ts";
import { reportSchema } from "../../lib/model/report.ts";
import { openRepairShop, type RepairShop } from "./repair-shop.ts";
import type { World } from "./run-cli.ts";

let shop: RepairShop;
beforeEach(async () => {
  shop = await openRepairShop();
});
afterEach(() => shop.close());

const withPolicy = (args: readonly string[]) => ["remediate", ...args, "--policy", shop.file("policy.yaml")];
const remediate = (...args: string[]) => shop.run(withPolicy(args));
const apply = (...args: string[]) => remediate(...args, "--apply", "--yes");

const requireApproval = (action: string) =>
  shop.edit("policy.yaml", "window: any-time", `window: any-time\n  approval: [${action}]`);

/** What RDS says of a database's secret. */
const secretOf = (identifier: string) =>
  (shop.here.instances.get(identifier) ?? shop.here.clusters.get(identifier))?.MasterUserSecret;
const tagsOf = (identifier: string) =>
  (shop.here.instances.get(identifier) ?? shop.here.clusters.get(identifier))?.TagList.map(({ Key }) => Key);

/** The rules that find something wrong with a database. */
async function wrongWith(identifier: string): Promise<string[]> {
  const { stdout } = await shop.run(["audit", "-f", "json", "--policy", shop.file("policy.yaml")]);
  const { findings } = reportSchema.parse(JSON.parse(stdout));
  return findings.filter(({ resource }) => resource.identifier === identifier).map(({ rule }) => rule);
}

describe("without --apply", () => {
  test.each([
    ["orders", "enable"],
    ["ledger", "enable"],
    ["wishlists", "toggle"],
    ["marketing", "schedule-rotation"],
    ["invoices", "rotate"],
  ])(
    "%s: shows the plan with every gate and the command to apply it, and changes nothing",
    async (identifier, action) => {
      const { status, stdout, stderr } = await remediate(identifier);
      expect({ status, changes: shop.changes() }).toEqual({ status: 0, changes: [] });
      expect(stdout).toContain(`NOW       ${action} for `);
      for (const gate of ["allowed", "opted-in", "cooled-down"]) expect(stdout).toContain(`✓ ${gate}: `);
      expect(stderr).toBe(
        `\nNothing was changed. To make the changes, run:\n\n  rds-password-audit remediate ${identifier} --policy ${shop.file("policy.yaml")} --apply\n`,
      );
      expect(existsSync(shop.file("rds-password-audit"))).toBe(false);
    },
  );

  test.each(["orders", "marketing"])("%s: shows no tick for remediation that is not enabled", async (identifier) => {
    const { stdout } = await remediate(identifier);
    expect(stdout).toContain("· enabled (assumed): add --apply to enable remediation\n");
    expect(stdout).not.toContain("✓ enabled");
  });

  test("shows no tick for an approval that was not given", async () => {
    requireApproval("schedule-rotation");
    const { status, stdout } = await remediate("marketing");
    expect(status).toBe(0);
    expect(stdout).toContain("· approved (assumed): with --apply, you are asked to approve it\n");
    expect(stdout).not.toContain("✓ approved");
  });

  test("shows a tick for an action that needs no approval", async () => {
    requireApproval("toggle");
    expect((await remediate("marketing")).stdout).toContain("✓ approved: the policy requires no approval\n");
  });

  test("an assumed gate does not hide a closed one", async () => {
    shop.edit("policy.yaml", "repair: allowed", "repair: never");
    const { status, stdout } = await remediate("marketing");
    expect(status).toBe(1);
    expect(stdout).toContain("✗ opted-in: ");
    expect(stdout).toContain("· enabled (assumed): ");
  });

  test("the command to copy has the same options", async () => {
    const args = ["--region", "us-east-1", "--profile", "staging", "--state", shop.file("my state.json"), "--yes"];
    const { stderr } = await remediate("orders", "ledger", "--action", "enable", ...args);
    expect(stderr).toContain(
      `  rds-password-audit remediate orders ledger --region us-east-1 --profile staging --policy ${shop.file("policy.yaml")} --state '${shop.file("my state.json")}' --action enable --apply\n`,
    );
  });

  test("no repair is needed", async () => {
    const { status, stdout, stderr } = await remediate("customers");
    expect(status).toBe(0);
    expect(stdout).toContain("No repair is needed.");
    expect(stderr).toBe("\nDB instance customers: no repair is needed.\n");
  });

  test("names the database that owns the password", async () => {
    const { status, stderr } = await remediate("ledger-instance-1");
    expect(status).toBe(0);
    expect(stderr).toContain("DB instance ledger-instance-1: no repair is needed: its DB cluster owns");
  });

  test("a failed read is not a clean result", async () => {
    shop.cloud.fault({ action: "secretsmanager:DescribeSecret", kind: "deny" });
    const { status, stderr } = await remediate("customers");
    expect(status).toBe(3);
    expect(stderr).toContain("DB instance customers: cannot determine whether a repair is needed.");
  });
});

describe("the plan with --apply", () => {
  test("shows no tick for an approval that the user is about to be asked for", async () => {
    requireApproval("rotate");
    const { stdout } = await shop.run(withPolicy(["invoices", "--apply"]), { ask: async () => "n" });
    expect(stdout).toContain("✓ enabled: remediation is on\n");
    expect(stdout).toContain("· approved (assumed): you are asked to approve it before anything changes\n");
    expect(stdout).not.toContain("✓ approved");
  });

  test("takes --yes as the approval", async () => {
    requireApproval("rotate");
    expect((await apply("invoices")).stdout).toContain("✓ approved: approved by");
  });
});

describe("with --apply --yes", () => {
  test("an unmanaged instance is enabled", async () => {
    const { status, stdout, stderr } = await apply("orders");
    expect({ status, changes: shop.changes() }).toEqual({ status: 0, changes: ["rds:ModifyDBInstance"] });
    expect(stdout).toContain("NOW       enable");
    expect(stderr).toContain(`new ARN  ${secretOf("orders")?.SecretArn}\n`);
    expect(stderr).toContain("REPAIRED  enable of DB instance orders.");
    expect(secretOf("orders")?.SecretStatus).toBe("active");
    expect(await wrongWith("orders")).toEqual([]);
    expect(shop.state()).toMatchObject({ running: [], attempts: [{ action: "enable", outcome: "repaired" }] });
  });

  test("an unmanaged cluster is enabled", async () => {
    expect((await apply("ledger")).status).toBe(0);
    expect(shop.changes()).toEqual(["rds:ModifyDBCluster"]);
    expect(await wrongWith("ledger")).toEqual([]);
  });

  test("a wrong key is toggled to the right one", async () => {
    const old = secretOf("wishlists")?.SecretArn;
    const { status, stderr } = await apply("wishlists");
    const { SecretArn, KmsKeyId } = secretOf("wishlists") ?? {};
    expect(status).toBe(0);
    expect(stderr).toContain(`old ARN  ${old}\n`);
    expect(stderr).toContain(`new ARN  ${SecretArn}\n      key      ${KmsKeyId}\n`);
    expect(await wrongWith("wishlists")).toEqual([]);
    expect(tagsOf("wishlists")).toEqual(["repair"]);
  });

  test("rotation that was turned off is turned on, and the secret stays", async () => {
    const old = secretOf("marketing")?.SecretArn;
    expect((await apply("marketing")).status).toBe(0);
    expect(shop.changes()).toEqual(["secretsmanager:RotateSecret"]);
    expect(secretOf("marketing")?.SecretArn).toBe(old);
    expect(await wrongWith("marketing")).toEqual([]);
  });

  test("an impaired secret whose key can be used again is rotated, and stays", async () => {
    const old = secretOf("invoices")?.SecretArn;
    expect((await apply("invoices")).status).toBe(0);
    expect(secretOf("invoices")).toMatchObject({ SecretArn: old, SecretStatus: "active" });
    expect(await wrongWith("invoices")).toEqual([]);
  });

  test.each<[string, string[]]>([
    ["the action was planned", []],
    ["the action was named", ["--action", "rotate"]],
  ])("a failed rotation does not lead to a toggle without asking: %s", async (_, args) => {
    const old = secretOf("invoices")?.SecretArn;
    shop.here.failingRotations.add("invoices");
    const { status, stderr } = await apply("invoices", ...args);
    expect({ status, changes: shop.changes(), secret: secretOf("invoices")?.SecretArn }).toEqual({
      status: 1,
      changes: ["rds:ModifyDBInstance"],
      secret: old,
    });
    expect(stderr).toContain("FAILED  rotate of DB instance invoices.");
    expect(stderr).not.toContain("toggle of DB instance");
    const said = stderr.replaceAll(/\s+/g, " ");
    expect(said).toContain(
      "rotate failed. The next action for secret-not-impaired is toggle, which needs a confirmation of its own.",
    );
    expect(said).toContain("It is blocked: cooled-down: the last attempt on the database, rotate, ended at");
    expect(said).toContain(
      `continue with: rds-password-audit remediate ${shop.here.instances.get("invoices")?.DBInstanceArn} --policy`,
    );
    expect(shop.state()).toMatchObject({ running: [], attempts: [{ action: "rotate", outcome: "failed" }] });
  });

  test("the toggle after a failed rotation asks again, for the name", async () => {
    shop.here.failingRotations.add("invoices");
    shop.edit("policy.yaml", "window: any-time", "window: any-time\n  coolDownHours: 1");
    const { stderr } = await apply("invoices");
    expect(stderr).toContain("The next action for secret-not-impaired is toggle");
    shop.cloud.advance({ hours: 2 });
    const questions: string[] = [];
    const answer = async (question: string) => {
      questions.push(question);
      return "invoices";
    };
    const again = await shop.run(withPolicy(["invoices", "--apply"]), { ask: answer });
    expect(again).toMatchObject({
      status: 0,
      stderr: expect.stringContaining("REPAIRED  toggle of DB instance invoices."),
    });
    expect(questions).toEqual(["Type invoices to confirm: "]);
  });

  test("a failure without a next action offers none", async () => {
    shop.cloud.fault({ action: "secretsmanager:CreateSecret", kind: "deny" });
    expect((await apply("orders")).stderr).not.toContain("would be");
  });

  test("a second run finds nothing to do", async () => {
    await apply("orders");
    shop.changes();
    const { status, stderr } = await apply("orders");
    expect({ status, stderr, changes: shop.changes() }).toEqual({
      status: 0,
      stderr: "\nDB instance orders: no repair is needed.\n",
      changes: [],
    });
  });

  test("a second run that names the action finds nothing to do", async () => {
    await apply("orders", "--action", "enable");
    expect(await apply("orders", "--action", "enable")).toMatchObject({ status: 0 });
  });

  test("repairs several databases one after another, each once", async () => {
    const { status, stderr } = await apply("orders", "ledger", "arn:aws:rds:us-east-1:222222222222:db:orders");
    expect(status).toBe(0);
    expect(stderr.match(/REPAIRED .*/g)).toEqual([
      "REPAIRED  enable of DB instance orders. Repaired and verified.",
      "REPAIRED  enable of DB cluster ledger. Repaired and verified.",
    ]);
  });

  test("a refusal does not stop other repairs", async () => {
    shop.here.addInstance({ identifier: "elsewhere" });
    const { status, stderr } = await apply("elsewhere", "orders");
    expect(status).toBe(1);
    expect(stderr).toContain("REFUSED  enable of DB instance elsewhere.");
    expect(stderr).toContain("REPAIRED  enable of DB instance orders.");
  });

  test("a failure stops further repairs and shows how to continue", async () => {
    shop.cloud.fault({ action: "secretsmanager:CreateSecret", kind: "deny" });
    const { status, stderr } = await apply("orders", "ledger");
    expect(status).toBe(1);
    expect(stderr).toContain("FAILED  enable of DB instance orders.");
    expect(stderr).toContain(
      `  rds-password-audit remediate arn:aws:rds:us-east-1:222222222222:db:orders --policy ${shop.file("policy.yaml")} --apply\n`,
    );
    expect(stderr).toContain("Not started: enable of DB cluster ledger.\n");
    expect(secretOf("ledger")).toBeUndefined();
  });

  test("reports what is still wrong after a repair", async () => {
    shop.here.editSecret(secretOf("wishlists")?.SecretArn ?? "", { RotationEnabled: false });
    const { status, stderr } = await apply("wishlists", "--action", "schedule-rotation");
    expect(status).toBe(0);
    expect(stderr).toContain("Remaining violations: secret-key-as-required (toggle).");
  });
});

describe("a refusal names the gate and changes nothing", () => {
  const stack = { Key: "aws:cloudformation:stack-name", Value: "shop" };
  const exempt = {
    "rds-password-audit:exempt-owner": "a@example.com",
    "rds-password-audit:exempt-reason": "It moves",
    "rds-password-audit:exempt-until": "2026-12-24",
  };
  const change = (identifier: string, fields: Record<string, unknown>) =>
    Object.assign(shop.here.instances.get(identifier) ?? {}, fields);

  test.each<[gate: string, identifier: string, prepare: () => unknown, reason: string]>([
    ["status-available", "orders", () => change("orders", { DBInstanceStatus: "stopped" }), "orders is stopped"],
    [
      "nothing-pending",
      "orders",
      () => change("orders", { PendingModifiedValues: { DBInstanceClass: "db.r6g.large" } }),
      "DBInstanceClass is pending",
    ],
    ["no-proxy", "wishlists", () => addProxy("wishlists"), "RDS Proxy front"],
    ["no-proxy-with-own-secret", "orders", () => addOwnProxy("orders"), "RDS Proxy side logs in to the database"],
    ["secret-not-replicated", "wishlists", () => replicate("wishlists"), "eu-west-1"],
    ["not-stack-owned", "orders", () => shop.here.instances.get("orders")?.TagList.push(stack), "stack shop"],
    ["no-replicas", "orders", () => addReplica("orders"), "orders-replica"],
    ["no-blue-green-deployment", "wishlists", () => deploy("wishlists"), "blue/green deployment"],
    ["not-exempt", "fixed", () => addExempt("fixed"), "a@example.com"],
    ["in-window", "orders", () => setPolicy("window: any-time", "window: sun:02:00-sun:06:00"), "2026-11-29T02:00"],
    ["allowed", "orders", () => setPolicy("toggle, enable]", "toggle]"), "remediation.allow"],
    ["opted-in", "orders", () => setPolicy("repair: allowed", "repair: never"), "remediation.optIn"],
    ["key-usable", "wishlists", () => disable("alias/passwords"), "Disabled"],
    ["not-stopped", "orders", () => shop.run(["stop", "--why", "Black Friday"]), "Black Friday"],
    ["cooled-down", "orders", () => failOnce("orders"), "2026-11-25T"],
  ])("%s", async (gate, identifier, prepare, reason) => {
    await prepare();
    shop.changes();
    for (const args of [[], ["--apply", "--yes"]]) {
      const { status, stdout, stderr } = await remediate(identifier, ...args);
      expect({ status, changes: shop.changes() }).toEqual({ status: 1, changes: [] });
      expect(stdout).toContain(`✗ ${gate}: `);
      expect(stderr).toMatch(new RegExp(`^REFUSED .* of DB instance ${identifier}\\. Nothing was changed\\.$`, "m"));
      const text = stderr.replaceAll(/\s+/g, " ");
      expect(text).toContain(` ${gate} `);
      expect(text).toContain(reason);
    }
  });

  test("without a policy, allowed and opted-in are closed, and it asks for a policy", async () => {
    const { status, stderr } = await shop.run(["remediate", "orders", "--apply", "--yes"]);
    expect({ status, changes: shop.changes() }).toEqual({ status: 1, changes: [] });
    expect(stderr.match(/^ {2}[\w-]+(?= )/gm)).toEqual(["  allowed", "  opted-in", "  in-window"]);
    expect(stderr).toContain("Without a policy, nothing may be changed.");
  });

  test("a disabled key needs manual action, with steps", async () => {
    disable("alias/passwords");
    const { status, stdout, stderr } = await apply("invoices");
    expect({ status, changes: shop.changes() }).toEqual({ status: 1, changes: [] });
    expect(stdout).toContain("aws kms enable-key");
    expect(stderr).toBe("\nDB instance invoices: needs manual action; the plan shows how.\n");
  });

  const addProxy = (identifier: string) =>
    shop.here.addProxy({ name: "front", secretArns: [secretOf(identifier)?.SecretArn ?? ""] });
  const addOwnProxy = (identifier: string) => {
    shop.here.addProxy({
      name: "side",
      secretArns: ["arn:aws:secretsmanager:eu-west-1:111111111111:secret:own-AbCdEf"],
    });
    shop.here.workloads.proxyTargets = [{ DBProxyName: "side", RdsResourceId: identifier, Type: "RDS_INSTANCE" }];
  };
  const replicate = (identifier: string) =>
    shop.here.editSecret(secretOf(identifier)?.SecretArn ?? "", {
      ReplicationStatus: [{ Region: "eu-west-1", Status: "InSync" }],
    });
  const addReplica = (identifier: string) =>
    shop.here.addInstance({ identifier: `${identifier}-replica`, ReadReplicaSourceDBInstanceIdentifier: identifier });
  const deploy = (identifier: string) =>
    shop.here.addBlueGreenDeployment({ source: shop.here.instances.get(identifier) ?? "" });
  const addExempt = (identifier: string) => {
    setPolicy("keys:", "exemptionTags: true\nkeys:");
    shop.here.addInstance({ identifier, tags: { repair: "allowed", ...exempt } });
  };
  const setPolicy = (from: string, to: string) => shop.edit("policy.yaml", from, to);
  const disable = (alias: string) => {
    const key = shop.here.keys.get(shop.here.aliases.get(alias) ?? "");
    if (key) key.KeyState = "Disabled";
  };
  const failOnce = async (identifier: string) => {
    const mend = shop.cloud.fault({ action: "secretsmanager:CreateSecret", kind: "deny" });
    await apply(identifier);
    mend();
  };
});

describe("confirmation", () => {
  const answering = (...answers: (string | null)[]): World & { questions: string[] } => {
    const questions: string[] = [];
    return {
      questions,
      ask: async (question) => {
        questions.push(question);
        return answers.shift() ?? null;
      },
    };
  };
  const ask = async (world: World, ...args: string[]) => {
    const { status, stderr } = await shop.run(withPolicy([...args, "--apply"]), world);
    return { status, stderr, isChanged: shop.changes().length > 0 };
  };

  test.each<[string, string, string | null, number, boolean]>([
    ["enable, with its name", "orders", "orders", 0, true],
    ["enable, with another word", "orders", "yes", 1, false],
    ["toggle, with its name", "wishlists", " wishlists ", 0, true],
    ["rotate, with y", "invoices", "y", 0, true],
    ["rotate, with nothing", "invoices", "", 1, false],
    ["schedule-rotation, with Yes", "marketing", "Yes", 0, true],
    ["the user leaves", "orders", null, 130, false],
  ])("%s", async (_, identifier, answer, status, isChanged) => {
    const world = answering(answer);
    expect(await ask(world, identifier)).toMatchObject({ status, isChanged });
    expect(world.questions).toHaveLength(1);
    expect(world.questions[0]).toMatch(/^(Type (orders|wishlists) to confirm: |Continue\? \[y\/N\] )$/);
  });

  test("asks for every database before it starts; a no counts only for its own", async () => {
    const world = answering("no", "ledger");
    const { status, stderr } = await ask(world, "orders", "ledger");
    expect({ status, orders: secretOf("orders"), ledger: secretOf("ledger")?.SecretStatus }).toEqual({
      status: 1,
      orders: undefined,
      ledger: "active",
    });
    expect(stderr).toContain("Not confirmed: enable of DB instance orders is skipped.");
    expect(stderr.indexOf("Not confirmed")).toBeLessThan(stderr.indexOf("turn management on"));
  });

  test("shows the impact before it asks", async () => {
    const { stderr } = await ask(answering("no"), "orders");
    expect(stderr).toContain("enable of DB instance orders (222222222222 us-east-1): RDS sets a new master password");
  });

  test("does not ask about an action that cannot start", async () => {
    const world = answering();
    await ask(world, "customers");
    expect(world.questions).toEqual([]);
  });
});

describe("invalid arguments end with 2 before any change", () => {
  test.each<[string[], string]>([
    [["ordrs", "--yes"], 'There is no database called "ordrs" (did you mean "orders"?).'],
    [
      ["arn:aws:rds:us-east-1:222222222222:db:ordrs", "--yes"],
      'There is no database called "arn:aws:rds:us-east-1:222222222222:db:ordrs" (did you mean "arn:aws:rds:us-east-1:222222222222:db:orders"?).',
    ],
    [
      ["orders", "--action", "togle"],
      '--action takes schedule-rotation, rotate, toggle, enable or finish-interrupted, not "togle" (did you mean "toggle"?).',
    ],
    [
      ["orders", "--action", "toggle", "--yes"],
      "toggle does not fit DB instance orders: its findings call for enable.",
    ],
    [
      ["invoices", "--action", "enable", "--yes"],
      "enable does not fit DB instance invoices: its findings call for rotate or toggle.",
    ],
    [["orders"], "--apply asks for confirmation, but there is no terminal: add --yes to skip it."],
    [[], "remediate needs a database, before any options, as in: remediate orders --region eu-west-1"],
    [["orders", "--from", "x"], 'Unknown option "--from".'],
    [["orders", "--region", "us-east-1", "--all-regions"], "--region and --all-regions cannot be given together."],
    [["orders", "--alerts-topic", "alerts"], '--alerts-topic takes the ARN of an SNS topic, not "alerts".'],
    [["orders", "--state", "s3://a/b", "--yes"], '"s3://a/b" does not name a bucket'],
  ])("remediate %j", async (args, message) => {
    const { status, stdout, stderr } = await remediate(...args, "--apply");
    expect({ status, stdout, changes: shop.changes() }).toEqual({ status: 2, stdout: "", changes: [] });
    expect(stderr).toContain(message);
    expect(stderr.trimEnd()).not.toContain("\n");
  });

  test("ends with 4 if AWS cannot be accessed", async () => {
    const { status, stderr } = await shop.run(withPolicy(["orders", "--profile", "nobody"]));
    expect(status).toBe(4);
    expect(stderr).toContain("AWS refuses the credentials of profile nobody");
  });

  test("ends with 4 if the database can be found but not read", async () => {
    shop.cloud.fault({ action: "rds:DescribeDBInstances", kind: "deny", skip: 1 });
    expect(await remediate("orders")).toMatchObject({
      status: 4,
      stdout: "",
      stderr: expect.stringContaining("rds:DescribeDBInstances failed with AccessDenied"),
    });
  });
});

describe("interrupted, and run again", () => {
  /** Ctrl-C at one of the pauses, or of the calls to AWS and pauses together. */
  const interruptAt = (at: { readonly pause: number } | { readonly tick: number }) => {
    const left = { pause: Number.POSITIVE_INFINITY, tick: Number.POSITIVE_INFINITY, ...at };
    let interrupt: () => void = () => {};
    const interrupted = new Promise<void>((resolve) => {
      interrupt = resolve;
    });
    const count = (kind: "pause" | "tick") => {
      left[kind] -= 1;
      if (left[kind] === 0) interrupt();
    };
    const { calls } = shop.cloud;
    calls.push = (...added) => {
      count("tick");
      return Array.prototype.push.apply(calls, added);
    };
    const sleep: Io["sleep"] = async (milliseconds, signal) => {
      count("tick");
      count("pause");
      // The signal is heard when it is its listener's turn.
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
      shop.cloud.advance({ seconds: milliseconds / 1000 });
    };
    const wasReached = () => Math.min(left.pause, left.tick) <= 0;
    return { sleep, interrupted: () => interrupted, wasReached };
  };

  test("in the middle of a toggle, reports the state and how to continue, and the next run finishes it", async () => {
    shop.here.editSecret(secretOf("wishlists")?.SecretArn ?? "", { RotationRules: { AutomaticallyAfterDays: 30 } });
    const { status, stderr } = await shop.run(withPolicy(["wishlists", "--apply", "--yes"]), interruptAt({ pause: 3 }));
    expect(status).toBe(130);
    expect(stderr).toContain(`
Interrupted. The current AWS call finishes first (press Ctrl-C again to exit at once).
DB instance wishlists: RDS was asked to turn management off, with a password that was not kept. Management must be turned on again.
Continue with:

  rds-password-audit remediate arn:aws:rds:us-east-1:222222222222:db:wishlists --policy ${shop.file("policy.yaml")} --apply
`);
    expect(tagsOf("wishlists")).toContain("rds-password-audit:toggle");

    shop.cloud.advance({ minutes: 20 });
    expect(secretOf("wishlists")).toBeUndefined();
    const dry = await remediate("wishlists");
    expect(dry.stdout).toContain("finish-interrupted for toggle-not-interrupted");
    const finished = await apply("wishlists");
    expect(finished.status).toBe(0);
    expect(finished.stderr).toContain("REPAIRED  finish-interrupted of DB instance wishlists.");
    expect(tagsOf("wishlists")).toEqual(["repair"]);
    expect(await wrongWith("wishlists")).toEqual([]);
    const { SecretArn = "" } = secretOf("wishlists") ?? {};
    expect(shop.here.secrets.get(SecretArn)?.RotationRules).toEqual({ AutomaticallyAfterDays: 30 });
    expect(shop.state()).toMatchObject({ running: [], secretSnapshots: {} });
  });

  test("a named action does not come before an interrupted toggle", async () => {
    shop.here.addInstance({
      identifier: "half-done",
      tags: {
        repair: "allowed",
        "rds-password-audit:toggle": "2026-11-24T11:00:00.000Z aws-managed terminal-x Ab1Cd2",
      },
    });
    const { status, stderr } = await apply("half-done", "--action", "enable");
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr:
        "enable does not fit DB instance half-done: its tag rds-password-audit:toggle shows that a toggle was started. Finish that first: leave out --action.\n",
    });
    expect((await apply("half-done")).status).toBe(0);
  });

  test("a toggle is finished although the repair state cannot be read, and nothing else is", async () => {
    const Tag = "rds-password-audit:toggle";
    const marker = "2026-11-24T11:00:00.000Z aws-managed terminal-x Ab1Cd2";
    shop.here.addInstance({ identifier: "half-done", tags: { repair: "allowed", [Tag]: marker } });
    writeFileSync(shop.file("broken.json"), "{ not JSON");
    const state = ["--state", shop.file("broken.json")];
    const refused = await apply("orders", ...state);
    expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining("is not a valid remediation state") });
    const finished = await apply("half-done", ...state);
    expect(finished.status).toBe(0);
    expect(finished.stderr.replaceAll(/\s+/g, " ")).toContain("so the toggle is finished without the state");
    expect([tagsOf("half-done"), secretOf("half-done")?.SecretStatus]).toEqual([["repair"], "active"]);
    expect(readFileSync(shop.file("broken.json"), "utf8")).toBe("{ not JSON");
  });

  test.each<[string, number]>([
    ["wishlists", 9],
    ["orders", 7],
    ["invoices", 8],
    ["marketing", 7],
  ])(
    "%s: a run after an interruption at any point completes the repair",
    async (identifier, stride) => {
      const old = structuredClone(shop.here.instances.get(identifier));
      for (let count = 3; ; count += stride) {
        const world = interruptAt({ tick: count });
        const { status } = await shop.run(withPolicy([identifier, "--apply", "--yes"]), world);
        if (!world.wasReached()) {
          expect(status).toBe(0);
          break;
        }
        expect([0, 130]).toContain(status);
        shop.cloud.advance({ minutes: 30 });
        let again = await apply(identifier);
        if (again.stderr.includes("start the toggle anew")) {
          // It was interrupted before RDS was asked to turn management off: only the tag is removed.
          expect(again.status).toBe(1);
          again = await apply(identifier);
        }
        expect({ count, ...again, stdout: "" }).toMatchObject({ count, status: 0 });
        expect(secretOf(identifier)?.SecretStatus).toBe("active");
        expect(tagsOf(identifier)).toEqual(["repair"]);
        expect(shop.state()).toMatchObject({ running: [], secretSnapshots: {} });
        await shop.close();
        shop = await openRepairShop();
        expect(shop.here.instances.get(identifier)).toEqual(old);
      }
    },
    60_000,
  );

  test("after an enable, the next run waits for RDS, reports the secret's ARN and releases the slot", async () => {
    const first = await shop.run(withPolicy(["orders", "--apply", "--yes"]), interruptAt({ pause: 1 }));
    expect(first).toMatchObject({
      status: 130,
      stderr: expect.stringContaining("DB instance orders: RDS was asked to turn management on."),
    });
    expect(shop.state().running).toMatchObject([{ execution: expect.stringMatching(/^terminal-db-/) }]);
    const { status, stderr } = await apply("orders");
    expect(status).toBe(0);
    expect(stderr).toContain("An earlier run started enable of DB instance orders at 2026-11-24T12:00:00.000Z");
    expect(stderr).toContain("✓ wait until RDS finishes its changes");
    expect(stderr).toContain(`new ARN  ${secretOf("orders")?.SecretArn}\n`);
    expect(stderr).toContain("REPAIRED  enable of DB instance orders. Interrupted, but repaired");
    expect(shop.state()).toMatchObject({ running: [], attempts: [{ action: "enable", outcome: "repaired" }] });
  });

  test("before any change, leaves nothing behind", async () => {
    const { status, stderr } = await shop.run(withPolicy(["orders", "--apply", "--yes"]), {
      interrupted: async () => {},
    });
    expect({ status, changes: shop.changes() }).toEqual({ status: 130, changes: [] });
    expect(stderr).toContain("Nothing was changed.");
  });
});

test("a signal ends the process with 130 after it reports the state", async () => {
  const main = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
  const node = fileURLToPath(new URL("../../node_modules/.bin/node", import.meta.url));
  const args = [main, ...withPolicy(["wishlists", "--apply", "--yes", "--state", shop.file("process.json")])];
  const env = {
    ...process.env,
    ...{ AWS_ENDPOINT_URL: shop.endpoint, AWS_ACCESS_KEY_ID: "222222222222", AWS_SECRET_ACCESS_KEY: "x" },
    ...{ AWS_REGION: "us-east-1", NODE_OPTIONS: "" },
  };
  const child = spawn(node, args, { env, stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
    if (stderr.includes("… turn management on") && !child.killed) child.kill("SIGINT");
  });
  const [status] = await once(child, "close");
  expect(stderr).toContain("DB instance wishlists: RDS was asked to turn management off");
  expect(status).toBe(130);
});

describe("events", () => {
  test("are also published to the given topics", async () => {
    const [findings, alerts] = ["findings", "alerts"].map((name) => shop.here.addTopic(name));
    const topics = ["--findings-topic", findings?.TopicArn ?? "", "--alerts-topic", alerts?.TopicArn ?? ""];
    expect((await apply("orders", ...topics)).status).toBe(0);
    const types = findings?.messages.map(({ Message }) => JSON.parse(Message).type);
    expect(types).toEqual(["remediation.started", "secret.replaced", "remediation.succeeded"]);
    expect(alerts?.messages).toHaveLength(3);
  });

  test.each(["wishlists", "orders"])(
    "nothing is turned off or on if the start cannot be announced: %s",
    async (name) => {
      const topics = ["--alerts-topic", "arn:aws:sns:us-east-1:222222222222:none"];
      const { status, stderr } = await apply(name, ...topics);
      expect(status).toBe(1);
      expect(stderr).toContain("the notification could not be sent");
      expect(shop.changes().filter((action) => action.startsWith("rds:Modify"))).toEqual([]);
    },
  );

  test.each<[string, NodeJS.ProcessEnv, boolean]>([
    ["NO_COLOR", { NO_COLOR: "1" }, false],
    ["no terminal", {}, false],
    ["FORCE_COLOR", { FORCE_COLOR: "1" }, true],
  ])("colors: %s", async (_, env, hasColors) => {
    const { stdout, stderr } = await shop.run(withPolicy(["orders", "--apply", "--yes"]), { env });
    expect({ stdout: stdout.includes("\u001b["), stderr: stderr.includes("\u001b[") }).toEqual({
      stdout: hasColors,
      stderr: hasColors,
    });
  });
});
