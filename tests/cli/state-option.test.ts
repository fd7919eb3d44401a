import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Aws, Io } from "../../cli/io.ts";
import { deleteStateOf, openStateOf, stateLocationOf } from "../../cli/repairs/state-option.ts";
import { UsageError } from "../../lib/model/errors.ts";
import { emptyRemediationState, type RemediationState } from "../../lib/model/remediation-state.ts";
import { account, startAws } from "../simulator/aws.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "state-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const failed = (failuresInARow: number): RemediationState => ({ ...emptyRemediationState, failuresInARow });
const names = async () => (await readdir(folder, { recursive: true })).sort();
const loadAws = async () => ({ profileNames: async () => ["staging"] }) as unknown as Aws;
const open = (state: string | undefined, env: Io["env"] = {}) =>
  openStateOf({ ...(state && { state }) }, { env, loadAws });

describe("--state", () => {
  test("defaults to a file in the user's state folder", async () => {
    const state = await open(undefined, { XDG_STATE_HOME: folder });
    await state.write(failed(1), null);
    expect(await names()).toEqual(["rds-password-audit", "rds-password-audit/remediation.json"]);
  });

  test.each([{}, { XDG_STATE_HOME: "" }, { XDG_STATE_HOME: "relative" }])(
    "defaults to a file in the home folder (%j)",
    async (env) => {
      const state = await open(undefined, { HOME: folder, ...env });
      await state.write(failed(1), null);
      expect(await names()).toContain(".local/state/rds-password-audit/remediation.json");
    },
  );

  test("takes a path relative to the working directory", async () => {
    const state = await open(relative(process.cwd(), join(folder, "mine.json")));
    await state.write(failed(1), null);
    expect(await names()).toEqual(["mine.json"]);
  });

  test("refuses a path whose folder does not exist, and creates nothing", async () => {
    const path = join(folder, "missing", "mine.json");
    await expect(open(path)).rejects.toThrow(UsageError);
    await expect(open(path)).rejects.toThrow(
      `--state ${path}: there is no folder ${join(folder, "missing")}; correct the path, or create the folder.`,
    );
    expect(await names()).toEqual([]);
  });

  test.each([
    "s3://",
    "s3:///",
    "s3://bucket/remediation.json",
    "s3://bucket/a/",
    "s3:bucket",
    "s3:/bucket",
    "S3://bucket",
  ])("refuses %s, which does not name a bucket", async (location) => {
    await expect(open(location)).rejects.toThrow(UsageError);
    await expect(open(location)).rejects.toThrow(
      `"${location}" does not name a bucket: give s3:// and the bucket's name`,
    );
  });
});

describe("a simulated AWS", () => {
  const at = (env: Io["env"]) => relative(folder, stateLocationOf(undefined, { XDG_STATE_HOME: folder, ...env }));
  const shared = join("rds-password-audit", "remediation.json");

  test.each([
    [{ AWS_ENDPOINT_URL: "http://127.0.0.1:4566" }, "localhost-4566"],
    [{ AWS_ENDPOINT_URL: "http://localhost:4566/" }, "localhost-4566"],
    [{ AWS_ENDPOINT_URL: "http://[::1]:4567" }, "localhost-4567"],
    [{ AWS_ENDPOINT_URL: "http://127.0.0.1" }, "localhost-http"],
    [{ AWS_ENDPOINT_URL: "https://vpce.example.com", AWS_ENDPOINT_URL_RDS: "http://127.0.0.1:5" }, "localhost-5"],
  ])("has a default state of its own (%j)", (env, name) => {
    expect(at(env)).toBe(join("rds-password-audit", name, "remediation.json"));
  });

  test.each([
    {},
    { AWS_ENDPOINT_URL: "" },
    { AWS_ENDPOINT_URL: "https://rds.eu-west-1.amazonaws.com" },
    { AWS_ENDPOINT_URL: "http://127.0.0.1.example.com:4566" },
    { AWS_ENDPOINT_URL: "http://127.0.0.1:4566", AWS_ENDPOINT_URL_RDS: "https://rds.eu-west-1.amazonaws.com" },
    { AWS_ENDPOINT_URL_KMS: "http://127.0.0.1:4566" },
    { AWS_ENDPOINT_URL: "http://127.0.0.1:4566", AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" },
  ])("is not assumed (%j)", (env) => {
    expect(at(env)).toBe(shared);
  });

  test("does not override --state", () =>
    expect(stateLocationOf("/mine.json", { AWS_ENDPOINT_URL: "http://127.0.0.1:4566" })).toBe("/mine.json"));

  test("loses its state when it is deleted; the others stay", async () => {
    const env = { XDG_STATE_HOME: folder };
    const endpoint = "http://127.0.0.1:4566";
    for (const AWS_ENDPOINT_URL of ["", endpoint, "http://127.0.0.1:4567"])
      await (await open(undefined, { ...env, AWS_ENDPOINT_URL })).write(failed(1), null);
    await deleteStateOf(endpoint, env);
    expect((await names()).filter((name) => name.endsWith(".json"))).toEqual([
      "rds-password-audit/localhost-4567/remediation.json",
      shared,
    ]);
  });
});

describe("a bucket", () => {
  const variables = { ...process.env };
  let aws: Awaited<ReturnType<typeof startAws>>;
  beforeEach(async () => {
    aws = await startAws();
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: aws.simulator.endpoint,
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: account,
      AWS_SECRET_ACCESS_KEY: "not-verified",
    });
  });
  afterEach(async () => {
    process.env = { ...variables };
    await aws.stop();
  });

  test.each(["s3://reports-bucket", "s3://reports-bucket/"])("holds the service's state (%s)", async (location) => {
    const bucket = aws.region.addBucket("reports-bucket");
    const state = await open(location);
    expect(await state.write(failed(1), null)).toBe(true);
    expect(await state.write(failed(2), null)).toBe(false);
    expect([...bucket.objects.keys()]).toEqual(["remediation.json"]);
    expect((await state.read()).value).toEqual(failed(1));
  });

  test("that does not exist is a usage error that says where its name is found", async () => {
    const state = await open("s3://report-bucket");
    await expect(state.read()).rejects.toThrow(UsageError);
    await expect(state.read()).rejects.toThrow(
      'There is no bucket "report-bucket": give the one in the output ReportBucketName of the service\'s stack.',
    );
  });

  test("is not asked for with a profile that does not exist", async () => {
    const opened = openStateOf({ state: "s3://reports-bucket", profile: ["stagng"] }, { env: {}, loadAws });
    await expect(opened).rejects.toThrow('There is no AWS profile "stagng" (did you mean "staging"?)');
  });
});
