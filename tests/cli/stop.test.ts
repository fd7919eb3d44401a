import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { emptyRemediationState, type RemediationState } from "../../lib/model/remediation-state.ts";
import { openRepairShop, type RepairShop } from "./repair-shop.ts";

let shop: RepairShop;
beforeEach(async () => {
  shop = await openRepairShop();
});
afterEach(() => shop.close());

const arn = "arn:aws:rds:us-east-1:222222222222:db:orders";
const running: RemediationState["running"][number] = {
  execution: "db-ORDERS-1",
  resourceId: "db-ORDERS",
  arn,
  account: "222222222222",
  region: "us-east-1",
  action: "toggle",
  rule: "secret-key-as-required",
  isChanging: true,
  since: "2026-11-24T11:50:00.000Z",
  expiresAt: "2026-11-26T11:50:00.000Z",
};

const scopeOf = (path: string) =>
  `This applies to terminals that share ${path}, not to a deployed service: for that, give --state s3://BUCKET.\n`;

test("stop records who, when and why, and says what it applies to", async () => {
  const { status, stdout, stderr } = await shop.run(["stop", "--why", "Black Friday"]);
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(
    /^Stopped: no repair starts until rds-password-audit resume\.\nThis applies to terminals that share \S+remediation\.json, not to a deployed service: for that, give --state s3:\/\/BUCKET\.\nNo repair is running\.\n$/,
  );
  expect(shop.state().stopped).toEqual({ at: "2026-11-24T12:00:00.000Z", by: "ann", why: "Black Friday" });
});

test("stop lists the running repairs that still finish", async () => {
  const state = shop.file("state.json", JSON.stringify({ ...emptyRemediationState, running: [running] }));
  const { stdout } = await shop.run(["stop", "--state", state]);
  expect(stdout).toBe(`Stopped: no repair starts until rds-password-audit resume.
${scopeOf(state)}Running repairs that still finish:
  toggle of ${arn} (db-ORDERS-1, since 2026-11-24T11:50:00.000Z)
`);
});

test("resume says what it ends, and resets the count of failures", async () => {
  const stopped = { at: "2026-11-24T11:00:00.000Z", by: "the circuit breaker", why: "3 failures in a row" };
  const state = shop.file("state.json", JSON.stringify({ ...emptyRemediationState, stopped, failuresInARow: 3 }));
  expect(await shop.run(["resume", "--state", state])).toEqual({
    status: 0,
    stdout:
      "Resumed: repairs start again if every other check passes. They were stopped at 2026-11-24T11:00:00.000Z by the circuit breaker (3 failures in a row).\n",
    stderr: "",
  });
  expect((await shop.run(["resume", "--state", state])).stdout).toBe(`Repairs were not stopped.\n${scopeOf(state)}`);
});

test("stop says since when repairs are already stopped", async () => {
  await shop.run(["stop", "--why", "Black Friday"]);
  shop.cloud.advance({ hours: 1 });
  const { stdout } = await shop.run(["stop", "--why", "still\u001b[2J"]);
  expect(stdout).toContain(
    "Stopped again; it was already stopped at 2026-11-24T12:00:00.000Z by ann (Black Friday): no repair starts",
  );
  expect((await shop.run(["stop"])).stdout).not.toContain("\u001b");
});

test("stop records the caller's ARN in the bucket of the service", async () => {
  shop.here.addBucket("reports");
  process.env.AWS_ENDPOINT_URL_S3 = shop.endpoint;
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: "222222222222",
    AWS_SECRET_ACCESS_KEY: "x",
    AWS_REGION: "us-east-1",
  });
  try {
    const { status, stdout } = await shop.run(["stop", "--state", "s3://reports"]);
    expect([status, stdout]).toEqual([
      0,
      expect.stringContaining("This applies to the service and all terminals that share s3://reports.\n"),
    ]);
    const stored = JSON.parse(shop.here.buckets.get("reports")?.objects.get("remediation.json")?.body ?? "");
    expect(stored.stopped.by).toBe("arn:aws:sts::222222222222:assumed-role/Simulated/session");
    expect((await shop.run(["resume", "--state", "s3://reports"])).stdout).toContain("Resumed");
  } finally {
    for (const name of ["ENDPOINT_URL_S3", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "REGION"])
      delete process.env[`AWS_${name}`];
  }
});

test("stop refuses a --state in a folder that does not exist, and creates nothing", async () => {
  const state = join(shop.file("missing"), "state.json");
  const { status, stdout, stderr } = await shop.run(["stop", "--state", state]);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toContain(`there is no folder ${shop.file("missing")}`);
  expect(existsSync(shop.file("missing"))).toBe(false);
});

test("stop says if the --state is new, which a mistyped name would be", async () => {
  const args = ["stop", "--state", shop.file("mistyped.json")];
  expect((await shop.run(args)).stdout).toContain("This state is new: no repair has used it yet.\n");
  expect((await shop.run(args)).stdout).not.toContain("new");
});

test("stop against a simulated AWS does not stop repairs of real accounts, and resume does not resume them", async () => {
  const env = { AWS_ENDPOINT_URL: "http://127.0.0.1:4566" };
  await shop.run(["stop", "--why", "a rehearsal"], { env });
  await shop.run(["stop", "--why", "Black Friday"]);
  expect((await shop.run(["resume"], { env })).stdout).toContain("(a rehearsal)");
  expect(shop.state().stopped?.why).toBe("Black Friday");
});

test.each([
  [["stop", "--state", "/"], "/ cannot be read: it is a directory."],
  [["stop", "--why", ""], "--why is empty: give it a value, or omit the option."],
  [["stop", "--whi", "x"], 'Unknown option "--whi" (did you mean --why?).'],
  [["stop", "now"], 'stop takes only options, not "now".'],
  [["resume", "--state", "s3://a/b"], '"s3://a/b" does not name a bucket'],
])("%j", async (argv, message) => {
  const { status, stdout, stderr } = await shop.run(argv);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toContain(message);
});
