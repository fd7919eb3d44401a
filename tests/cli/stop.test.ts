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
  arn,
  account: "222222222222",
  region: "us-east-1",
  action: "toggle",
  rule: "secret-key-as-required",
  isChanging: true,
  since: "2026-11-24T11:50:00.000Z",
  expiresAt: "2026-11-26T11:50:00.000Z",
};

const holdsFor = (path: string) =>
  `That holds for terminals that share ${path}, not for a deployed service: that has --state s3://BUCKET.\n`;

test("stop: nothing is begun, and it says what that means", async () => {
  const { status, stdout, stderr } = await shop.run(["stop", "--why", "Black Friday"]);
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(
    /^Stopped: nothing new is begun until rds-password-audit resume\.\nThat holds for terminals that share \S+remediation\.json, not for a deployed service: that has --state s3:\/\/BUCKET\.\nNothing is under way\.\n$/,
  );
  expect(shop.state().stopped).toEqual({ at: "2026-11-24T12:00:00.000Z", by: "ann", why: "Black Friday" });
});

test("stop: what is under way is named, because it is finished", async () => {
  const state = shop.file("state.json", JSON.stringify({ ...emptyRemediationState, running: [running] }));
  const { stdout } = await shop.run(["stop", "--state", state]);
  expect(stdout).toBe(`Stopped: nothing new is begun until rds-password-audit resume.
${holdsFor(state)}What is begun is finished:
  toggle of ${arn} (db-ORDERS-1, since 2026-11-24T11:50:00.000Z)
`);
});

test("resume: it says what it takes back, and failures are counted anew", async () => {
  const stopped = { at: "2026-11-24T11:00:00.000Z", by: "the circuit breaker", why: "3 failures in a row" };
  const state = shop.file("state.json", JSON.stringify({ ...emptyRemediationState, stopped, failuresInARow: 3 }));
  expect(await shop.run(["resume", "--state", state])).toEqual({
    status: 0,
    stdout:
      "Resumed: repairs are begun again where nothing else is in the way. It was stopped since 2026-11-24T11:00:00.000Z by the circuit breaker (3 failures in a row).\n",
    stderr: "",
  });
  expect((await shop.run(["resume", "--state", state])).stdout).toBe(`Nothing was stopped.\n${holdsFor(state)}`);
});

test("stop, when it was stopped already: it says since when", async () => {
  await shop.run(["stop", "--why", "Black Friday"]);
  shop.cloud.advance({ hours: 1 });
  const { stdout } = await shop.run(["stop", "--why", "still\u001b[2J"]);
  expect(stdout).toContain("Stopped, as it was since 2026-11-24T12:00:00.000Z by ann (Black Friday): nothing new");
  expect((await shop.run(["stop"])).stdout).not.toContain("\u001b");
});

test("in the bucket of the service, by the caller's ARN", async () => {
  shop.here.addBucket("reports");
  process.env.AWS_ENDPOINT_URL_S3 = shop.endpoint;
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: "222222222222",
    AWS_SECRET_ACCESS_KEY: "x",
    AWS_REGION: "us-east-1",
  });
  try {
    const { status, stdout } = await shop.run(["stop", "--state", "s3://reports"]);
    expect([status, stdout]).toEqual([0, expect.stringContaining("That holds for all that share s3://reports.\n")]);
    const stored = JSON.parse(shop.here.buckets.get("reports")?.objects.get("remediation.json")?.body ?? "");
    expect(stored.stopped.by).toBe("arn:aws:sts::222222222222:assumed-role/Simulated/session");
    expect((await shop.run(["resume", "--state", "s3://reports"])).stdout).toContain("Resumed");
  } finally {
    for (const name of ["ENDPOINT_URL_S3", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "REGION"])
      delete process.env[`AWS_${name}`];
  }
});

test.each([
  [["stop", "--whi", "x"], 'Unknown option "--whi" (did you mean --why?).'],
  [["stop", "now"], 'Too many arguments for "stop". Expected 0 arguments but got 1: now.'],
  [["resume", "--state", "s3://a/b"], '"s3://a/b" names no bucket'],
])("%j", async (argv, message) => {
  const { status, stdout, stderr } = await shop.run(argv);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toContain(message);
});
